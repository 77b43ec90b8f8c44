import { ProtocolError } from '../protocol-error.ts';

const maxEntryLength = 0xffff;

/**
 * C2SP tlog-tiles entry bundle: each entry behind its length as a big-endian uint16.
 * @throws ProtocolError ENTRY_BUNDLE for an entry over 65,535 bytes
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((total, entry) => total + 2 + entry.length, 0));
  let offset = 0;
  for (const entry of entries) {
    if (entry.length > maxEntryLength) {
      throw new ProtocolError(
        'ENTRY_BUNDLE',
        `an entry has at most ${maxEntryLength} bytes, this one ${entry.length}`,
      );
    }
    bytes[offset] = entry.length >> 8;
    bytes[offset + 1] = entry.length & 0xff;
    bytes.set(entry, offset + 2);
    offset += 2 + entry.length;
  }
  return bytes;
}

/** @throws ProtocolError ENTRY_BUNDLE where it ends inside an entry */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const end = offset + 2 + ((bytes[offset]! << 8) | (bytes[offset + 1] ?? 0));
    if (offset + 2 > bytes.length || end > bytes.length) {
      throw new ProtocolError('ENTRY_BUNDLE', `the bundle ends inside entry ${entries.length}`);
    }
    entries.push(bytes.slice(offset + 2, end));
    offset = end;
  }
  return entries;
}
