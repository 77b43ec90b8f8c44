import { bytesToHex, utf8ToBytes } from '../encoding/bytes.ts';
import { sha256 } from '../sha256.ts';

/** SHA-256 of the origin, 32 bytes: how the chain names a log, and a subject of the device registry. */
export function logId(origin: string): Uint8Array {
  return sha256(utf8ToBytes(origin));
}

/** The log id as 64 lower-case hex digits: how URLs name a log. */
export function logIdHex(origin: string): string {
  return bytesToHex(logId(origin));
}
