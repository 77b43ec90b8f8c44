import { canonicalize } from '../canonical-json.ts';
import { bytesToHex, concatBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';
import { sha256 } from '../sha256.ts';

/** Of one length, or the salt's end could pass for the beginning of a name; 16 random bytes cannot be guessed. */
export const saltLength = 16;
const maxFieldName = 64;

/** A field that a message commits to without showing it. */
export type SaltedField = { name: string; value: unknown; salt: Uint8Array };

/**
 * SHA-256(salt ‖ name ‖ 0x00 ‖ JCS(value)) in lower-case hex, as `commitments` of a message hold it.
 * @throws ProtocolError COMMITMENT for a salt of another length than 16 bytes, a name of none or over 64 characters or
 *   with U+0000 in it, and what is no JSON value
 */
export function commitmentOf({ name, value, salt }: SaltedField): string {
  if (salt.length !== saltLength) {
    throw new ProtocolError('COMMITMENT', `a salt has ${saltLength} bytes, this one ${salt.length}`);
  }
  if (name.length === 0 || name.length > maxFieldName || name.includes('\0') || !name.isWellFormed()) {
    throw new ProtocolError(
      'COMMITMENT',
      `a field's name has 1 to ${maxFieldName} characters without U+0000`,
    );
  }
  return bytesToHex(sha256(concatBytes(salt, utf8ToBytes(name), Uint8Array.of(0), jcs(value))));
}

function jcs(value: unknown): Uint8Array {
  try {
    return utf8ToBytes(canonicalize(value));
  } catch (cause) {
    throw new ProtocolError('COMMITMENT', `value: ${(cause as Error).message}`, { cause });
  }
}
