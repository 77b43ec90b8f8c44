import { verifyEd25519 } from '../ed25519.ts';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { equalBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { isTreeSize } from '../merkle/shape.ts';
import { ProtocolError } from '../protocol-error.ts';
import {
  type Note,
  type NoteSignature,
  formatNote,
  keyId,
  parseNote,
  signatureTypes,
} from './signed-note.ts';

/** A C2SP tlog-checkpoint, taken apart but not verified. `text` is the signed note's text. */
export type Checkpoint = {
  origin: string;
  size: number;
  root: Uint8Array;
  text: string;
  signatures: NoteSignature[];
};

/** Signs the UTF-8 bytes of a note's text: 64 bytes. A caller with a native Ed25519 passes its own. */
export type SignText = (text: Uint8Array) => Uint8Array;

/** The text that is signed: origin, size, root, each on a line. No extension lines: no monitor could audit them. */
export function checkpointText(head: { origin: string; size: number; root: Uint8Array }): string {
  return `${head.origin}\n${head.size}\n${encodeBase64(head.root)}\n`;
}

/** A checkpoint signed with the log's Ed25519 key, key name = origin. */
export function signCheckpoint(
  head: { origin: string; size: number; root: Uint8Array },
  publicKey: Uint8Array,
  sign: SignText,
): string {
  return assembleCheckpoint(head, publicKey, sign(utf8ToBytes(checkpointText(head))));
}

/** The note of a checkpoint whose 64-byte signature is known, as from the chain's `Appended` event. */
export function assembleCheckpoint(
  head: { origin: string; size: number; root: Uint8Array },
  publicKey: Uint8Array,
  signature: Uint8Array,
): string {
  const id = keyId(head.origin, signatureTypes.ed25519, publicKey);
  return formatNote({
    text: checkpointText(head),
    signatures: [{ keyName: head.origin, keyId: id, bytes: signature }],
  });
}

/**
 * Takes a checkpoint apart; verifies no signature. Extension lines are allowed, as tlog-checkpoint says.
 * @throws ProtocolError NOTE, CHECKPOINT or BASE64
 */
export function parseCheckpoint(note: string): Checkpoint {
  const { text, signatures }: Note = parseNote(note);
  const lines = text.slice(0, -1).split('\n');
  const [origin, sizeText, rootText] = lines;
  if (lines.length < 3 || lines.some((line) => line === '')) {
    throw new ProtocolError('CHECKPOINT', 'a checkpoint has origin, size and root, and no empty line');
  }
  const size = /^(0|[1-9][0-9]{0,15})$/.test(sizeText!) ? Number(sizeText) : Number.NaN;
  if (!isTreeSize(size)) throw new ProtocolError('CHECKPOINT', `not a tree size: ${sizeText}`);
  const root = decodeBase64(rootText!);
  if (root.length !== 32) {
    throw new ProtocolError('CHECKPOINT', `a root has 32 bytes, this one ${root.length}`);
  }
  return { origin: origin!, size, root, text, signatures };
}

/** The log's own Ed25519 signature line, found by name and key id. */
export function logSignature(checkpoint: Checkpoint, publicKey: Uint8Array): NoteSignature | undefined {
  const id = keyId(checkpoint.origin, signatureTypes.ed25519, publicKey);
  return checkpoint.signatures.find(
    (line) => line.keyName === checkpoint.origin && equalBytes(line.keyId, id),
  );
}

/** Whether the log's key signed this checkpoint. */
export function verifyCheckpoint(checkpoint: Checkpoint, publicKey: Uint8Array): boolean {
  const line = logSignature(checkpoint, publicKey);
  return line !== undefined && verifyEd25519(publicKey, utf8ToBytes(checkpoint.text), line.bytes);
}
