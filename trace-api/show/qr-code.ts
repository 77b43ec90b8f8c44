import qrcode from 'qrcode';

/** Quartile: a quarter of the symbol may be scuffed off a box. The quiet zone is ISO/IEC 18004's four modules. */
const options = { errorCorrectionLevel: 'Q', margin: 4 } as const;

/** 10 px a module prints sharp at 20 mm and 600 dpi. */
const pngScale = 10;

export async function qrSvg(text: string): Promise<string> {
  return qrcode.toString(text, { ...options, type: 'svg' });
}

export async function qrPng(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await qrcode.toBuffer(text, { ...options, type: 'png', scale: pngScale }));
}
