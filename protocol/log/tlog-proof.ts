import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { ProtocolError } from '../protocol-error.ts';
import { isTreeSize } from '../merkle/shape.ts';

/** C2SP tlog-proof@v1, its checkpoint still a note's text. */
export type TlogProof = { index: number; proof: Uint8Array[]; checkpoint: string };

const header = 'c2sp.org/tlog-proof@v1';
const maxProofLength = 64; // a tree of 2^53 leaves has 53 levels

export function formatTlogProof({ index, proof, checkpoint }: TlogProof): string {
  const hashes = proof.map((hash) => `${encodeBase64(hash)}\n`).join('');
  return `${header}\nindex ${index}\n${hashes}\n${checkpoint}`;
}

/** @throws ProtocolError TLOG_PROOF or BASE64 */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf('\n\n');
  if (split < 0) throw new ProtocolError('TLOG_PROOF', 'no blank line before the checkpoint');
  const [first, ...lines] = text.slice(0, split).split('\n');
  if (first !== header) throw new ProtocolError('TLOG_PROOF', `the first line is not ${header}`);
  if (lines[0]?.startsWith('extra ')) decodeBase64(lines.shift()!.slice('extra '.length));
  const [, digits] = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const index = Number(digits);
  if (!isTreeSize(index)) throw new ProtocolError('TLOG_PROOF', 'no index line');
  if (lines.length > maxProofLength) {
    throw new ProtocolError('TLOG_PROOF', `more than ${maxProofLength} hashes`);
  }
  return { index, proof: lines.map(decodeHash), checkpoint: text.slice(split + 2) };
}

function decodeHash(line: string): Uint8Array {
  const hash = decodeBase64(line);
  if (hash.length !== 32) throw new ProtocolError('TLOG_PROOF', 'a line of the proof is not a 32-byte hash');
  return hash;
}
