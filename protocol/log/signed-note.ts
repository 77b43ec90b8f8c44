import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { bytesToHex, concatBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';
import { sha256 } from '../sha256.ts';

/** C2SP signed-note signature types that this package knows. */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;

/** One signature line: `bytes` is what follows the four bytes of the key id. */
export type NoteSignature = { keyName: string; keyId: Uint8Array; bytes: Uint8Array };

/** A C2SP signed note; `text` includes its final newline. */
export type Note = { text: string; signatures: NoteSignature[] };

/** signed-note says "at least up to 16"; a post-quantum line is near 7 KB. */
const maxSignatures = 32;

// Unicode's white space, as signed-note says: \s lacks U+0085 and has U+FEFF.
const linePattern = /^— ([^\p{White_Space}+]+) (\S+)$/u;

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4] */
export function keyId(keyName: string, type: number, publicKey: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8ToBytes(`${keyName}\n`), Uint8Array.of(type), publicKey)).slice(0, 4);
}

/** The C2SP vkey of an Ed25519 key: `name+keyid+base64(type ‖ key)`. */
export function verifierKey(
  keyName: string,
  publicKey: Uint8Array,
  type: number = signatureTypes.ed25519,
): string {
  const material = encodeBase64(concatBytes(Uint8Array.of(type), publicKey));
  return `${keyName}+${bytesToHex(keyId(keyName, type, publicKey))}+${material}`;
}

/**
 * Takes a C2SP vkey apart.
 * @throws ProtocolError NOTE or BASE64
 */
export function parseVerifierKey(text: string): { keyName: string; type: number; publicKey: Uint8Array } {
  const [, keyName, id, encoded] = /^([^\p{White_Space}+]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text) ?? [];
  if (keyName === undefined || id === undefined || encoded === undefined) {
    throw new ProtocolError('NOTE', 'a verifier key is name+id+base64');
  }
  const material = decodeBase64(encoded);
  const [type, publicKey] = [material[0] ?? 0, material.slice(1)];
  if (publicKey.length !== 32 || bytesToHex(keyId(keyName, type, publicKey)) !== id) {
    throw new ProtocolError('NOTE', `the verifier key of ${keyName} has another id or length`);
  }
  return { keyName, type, publicKey };
}

/** A signature line, with its newline. */
export function formatSignatureLine({ keyName, keyId: id, bytes }: NoteSignature): string {
  return `— ${keyName} ${encodeBase64(concatBytes(id, bytes))}\n`;
}

/** A note as text, signature lines in the given order. */
export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
}

/**
 * Takes a signed note apart; verifies nothing.
 * @throws ProtocolError NOTE
 */
export function parseNote(note: string): Note {
  if (hasForbiddenControl(note)) {
    throw new ProtocolError('NOTE', 'a note has no control character but newline');
  }
  // A lone surrogate becomes U+FFFD in UTF-8: two different strings would be the same signed bytes.
  if (!note.isWellFormed()) throw new ProtocolError('NOTE', 'a note is valid UTF-8');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) {
    throw new ProtocolError('NOTE', 'no blank line before the signatures');
  }
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > maxSignatures) {
    throw new ProtocolError('NOTE', `more than ${maxSignatures} signature lines`);
  }
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

function parseSignatureLine(line: string): NoteSignature {
  const [, keyName, encoded] = linePattern.exec(line) ?? [];
  if (keyName === undefined || encoded === undefined) {
    throw new ProtocolError('NOTE', 'a malformed signature line');
  }
  const bytes = decodeBase64(encoded);
  if (bytes.length < 5) throw new ProtocolError('NOTE', `a signature line of ${keyName} without a signature`);
  return { keyName, keyId: bytes.slice(0, 4), bytes: bytes.slice(4) };
}

function hasForbiddenControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}
