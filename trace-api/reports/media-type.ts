/** What a file may be. Nothing here runs in a browser: no HTML, no SVG. */
export const mediaTypes = [
  'application/pdf',
  'image/jpeg',
  'image/png',
  'application/json',
  'text/csv',
] as const;

export type MediaType = (typeof mediaTypes)[number];

const signatures: readonly { type: MediaType; bytes: readonly number[] }[] = [
  { type: 'application/pdf', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] }, // %PDF-, ISO 32000
  { type: 'image/jpeg', bytes: [0xff, 0xd8, 0xff] }, // SOI and a marker, ITU-T T.81
  { type: 'image/png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] }, // W3C PNG 5.2
];

/**
 * What the bytes are: by their signature where their type has one, else by whether they are text of the kind that they are
 * said to be. Undefined for anything else. A file that says `image/png` and is a PDF is a PDF.
 */
export function sniffMediaType(bytes: Uint8Array, said: string | undefined): MediaType | undefined {
  const signed = signatures.find(({ bytes: begin }) => begin.every((byte, i) => bytes[i] === byte));
  if (signed !== undefined) return signed.type;
  const text = decodeText(bytes);
  if (text === undefined) return undefined;
  const wanted = said?.split(';')[0]!.trim().toLowerCase();
  if (wanted === 'text/csv') return 'text/csv';
  return wanted === 'application/json' && isJson(text) ? 'application/json' : undefined;
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
