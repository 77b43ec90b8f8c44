import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { emptyRoot } from '../merkle/hash.ts';
import { verifyConsistency } from '../merkle/verify-consistency.ts';
import { isTreeSize } from '../merkle/shape.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';

/** C2SP tlog-witness, the body of `add-checkpoint`: what the witness has, the way from there, and the signed note. */
export type AddCheckpoint = { oldSize: number; proof: Uint8Array[]; note: string };

/** What a witness keeps of a log: the newest checkpoint that it cosigned. Size 0 before the first. */
export type WitnessedHead = { size: number; root: Uint8Array };

/** A witness's decision, by the answers of tlog-witness. */
export type WitnessDecision =
  /** 200 */
  | { answer: 'cosign' }
  /** 400: the old size is larger than the checkpoint's, or an empty log has a root that is not the empty tree's */
  | { answer: 'malformed'; detail: string }
  /** 404 */
  | { answer: 'unknown log' }
  /** 403 */
  | { answer: 'not signed' }
  /** 409: the witness has another size, which is the answer's body; or another root at this very size, which is a fork */
  | { answer: 'conflict'; size: number; isFork: boolean }
  /** 422: the history that was cosigned is not the beginning of this one */
  | { answer: 'inconsistent' };

const maxProofLength = 63;

export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${note}`;
}

/** @throws ProtocolError WITNESS or BASE64 */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const split = body.indexOf('\n\n');
  if (split < 0) throw new ProtocolError('WITNESS', 'no empty line before the checkpoint');
  const [first, ...lines] = body.slice(0, split).split('\n');
  const [, digits] = /^old (0|[1-9][0-9]{0,15})$/.exec(first!) ?? [];
  const oldSize = Number(digits);
  if (!isTreeSize(oldSize)) throw new ProtocolError('WITNESS', 'the first line is not "old" and a tree size');
  if (lines.length > maxProofLength) {
    throw new ProtocolError('WITNESS', `more than ${maxProofLength} lines of proof`);
  }
  const proof = lines.map(decodeBase64);
  if (proof.some((hash) => hash.length !== 32)) {
    throw new ProtocolError('WITNESS', 'a line of the proof is not a 32-byte hash');
  }
  return { oldSize, proof, note: body.slice(split + 2) };
}

/** A submission whose form is right; nothing of it is verified. */
export type Submission = AddCheckpoint & { checkpoint: Checkpoint };

/** @throws ProtocolError WITNESS, NOTE, CHECKPOINT or BASE64: a 400 */
export function readSubmission(body: string): Submission {
  const request = parseAddCheckpoint(body);
  return { ...request, checkpoint: parseCheckpoint(request.note) };
}

/**
 * What a witness answers, in the order of the specification. Whoever acts on `cosign` must replace `head` by the
 * checkpoint durably, and only if `head` is still what it has, before the cosignature leaves it.
 * @param keys the public keys, 32 bytes each, that the witness trusts for the checkpoint's origin; none for an unknown one
 * @param head what the witness has cosigned of this log
 */
export function decideCheckpoint(
  { oldSize, proof, checkpoint }: Submission,
  keys: readonly Uint8Array[],
  head: WitnessedHead,
): WitnessDecision {
  const { size, root } = checkpoint;
  if (keys.length === 0) return { answer: 'unknown log' };
  if (!keys.some((key) => verifyCheckpoint(checkpoint, key))) return { answer: 'not signed' };
  if (oldSize > size) {
    return { answer: 'malformed', detail: `old size ${oldSize} is larger than the checkpoint's ${size}` };
  }
  if (size === 0 && !equalBytes(root, emptyRoot())) {
    return { answer: 'malformed', detail: 'a log without entries has the root of the empty tree' };
  }
  if (oldSize !== head.size) return { answer: 'conflict', size: head.size, isFork: false };
  if (oldSize === size && size > 0 && !equalBytes(root, head.root)) {
    return { answer: 'conflict', size: head.size, isFork: true };
  }
  const grows =
    oldSize === 0
      ? proof.length === 0
      : verifyConsistency({ size1: oldSize, size2: size, root1: head.root, root2: root, proof });
  return grows ? { answer: 'cosign' } : { answer: 'inconsistent' };
}
