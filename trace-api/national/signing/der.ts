/**
 * An ECDSA-like signature as DER, X.690: SEQUENCE of two INTEGERs. Strict, since a lax reader accepts many byte strings
 * as one signature.
 */
const scalarLength = 32;

/** @returns r‖s, 64 bytes; undefined for anything that is not the one DER form of two 256-bit naturals */
export function decodeDer(der: Uint8Array): Uint8Array | undefined {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const first = readInteger(der, 2);
  if (first === undefined) return undefined;
  const second = readInteger(der, first.end);
  if (second === undefined || second.end !== der.length) return undefined;
  const joined = new Uint8Array(2 * scalarLength);
  joined.set(first.bytes, scalarLength - first.bytes.length);
  joined.set(second.bytes, 2 * scalarLength - second.bytes.length);
  return joined;
}

/** @param joined r‖s, 64 bytes */
export function encodeDer(joined: Uint8Array): Uint8Array {
  const integers = [joined.subarray(0, scalarLength), joined.subarray(scalarLength)].map(encodeInteger);
  const content = integers.flatMap((integer) => [0x02, integer.length, ...integer]);
  return Uint8Array.from([0x30, content.length, ...content]);
}

function readInteger(der: Uint8Array, start: number): { bytes: Uint8Array; end: number } | undefined {
  const length = der[start + 1];
  if (der[start] !== 0x02 || length === undefined || length === 0) return undefined;
  const end = start + 2 + length;
  const content = der.subarray(start + 2, end);
  const [head, next] = content;
  if (content.length !== length || head === undefined || head >= 0x80) return undefined; // cut short, or negative
  if (head !== 0) return length <= scalarLength ? { bytes: content, end } : undefined;
  // 8.3.2: a leading zero only before a byte that would otherwise make the number negative
  if (next === undefined) return { bytes: content, end };
  return next >= 0x80 && length <= scalarLength + 1 ? { bytes: content.subarray(1), end } : undefined;
}

function encodeInteger(scalar: Uint8Array): number[] {
  const start = scalar.findIndex((byte) => byte !== 0);
  const bytes = start === -1 ? [0] : [...scalar.subarray(start)];
  return bytes[0]! >= 0x80 ? [0, ...bytes] : bytes;
}
