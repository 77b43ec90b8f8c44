import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { equalBytes, sha256 } from '@tianyuan/protocol';
import { writeAtomically } from '../atomic-file.ts';
import { fetchTimestamp, submitDigest } from './calendar.ts';
import {
  type Timestamp,
  append,
  applyOperation,
  attestationsOf,
  decodeOtsFile,
  encodeOtsFile,
  sha256Tag,
} from './ots-file.ts';

/** How far a proof got. `heights` are Bitcoin blocks. */
export type StampState = { pending: string[]; heights: number[]; troubles: string[] };

/**
 * Has a file stamped by as many calendars as answer, or, where it has a proof, asks the calendars that promised for the rest.
 * The proof lies beside the file, as `FILE.ots`, for any client of OpenTimestamps. Nothing is written where nothing new came.
 */
export async function stampFile(file: string, calendars: readonly string[]): Promise<StampState> {
  const digest = sha256(await readFile(file));
  const proof = `${file}.ots`;
  const known = await readProof(proof);
  if (known !== undefined && !equalBytes(known.digest, digest)) {
    return { pending: [], heights: [], troubles: [`${proof} is of other bytes than ${file}`] };
  }
  const { timestamp, changed, troubles } =
    known === undefined ? await submit(digest, calendars) : await upgrade(digest, known.timestamp, calendars);
  if (timestamp === undefined) return { pending: [], heights: [], troubles };
  if (changed) await writeAtomically(proof, encodeOtsFile(digest, timestamp));
  return { ...stateOf(digest, timestamp), troubles };
}

/** Where a proof ends: promises of calendars, and blocks with the Merkle root that each must have. @throws ChainError OTS */
export function readAttestations(fileBytes: Uint8Array, proof: Uint8Array) {
  const { digest, timestamp } = decodeOtsFile(proof);
  if (!equalBytes(digest, sha256(fileBytes))) return undefined;
  return attestationsOf(digest, timestamp).map(({ message, attestation }) => ({ message, attestation }));
}

async function readProof(file: string): Promise<{ digest: Uint8Array; timestamp: Timestamp } | undefined> {
  try {
    return decodeOtsFile(new Uint8Array(await readFile(file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

type Outcome = { timestamp: Timestamp | undefined; changed: boolean; troubles: string[] };

/** A nonce keeps from the calendars what is stamped, as the reference client does. */
async function submit(digest: Uint8Array, calendars: readonly string[]): Promise<Outcome> {
  const nonce = { tag: append, argument: new Uint8Array(randomBytes(16)) };
  const hash = { tag: sha256Tag };
  const message = applyOperation(hash, applyOperation(nonce, digest));
  const answers = await Promise.allSettled(calendars.map((calendar) => submitDigest(calendar, message)));
  const next: Timestamp = { attestations: [], branches: [] };
  const troubles: string[] = [];
  for (const answer of answers) {
    if (answer.status === 'fulfilled') merge(next, answer.value);
    else troubles.push((answer.reason as Error).message);
  }
  const isEmpty = next.attestations.length + next.branches.length === 0;
  const hashed = { attestations: [], branches: [{ operation: hash, next }] };
  const timestamp = isEmpty
    ? undefined
    : { attestations: [], branches: [{ operation: nonce, next: hashed }] };
  return { timestamp, changed: true, troubles };
}

/** Only calendars that we know are asked: a proof from elsewhere shall not make us call whom it names. */
async function upgrade(
  digest: Uint8Array,
  timestamp: Timestamp,
  calendars: readonly string[],
): Promise<Outcome> {
  const troubles: string[] = [];
  let changed = false;
  for (const { message, attestation, at } of attestationsOf(digest, timestamp)) {
    if (attestation.kind !== 'pending' || !calendars.includes(attestation.uri)) continue;
    try {
      const more = await fetchTimestamp(attestation.uri, message);
      if (more === undefined) continue;
      const isComplete = attestationsOf(message, more).some((one) => one.attestation.kind === 'bitcoin');
      if (!isComplete) continue;
      at.attestations = at.attestations.filter((one) => one !== attestation);
      merge(at, more);
      changed = true;
    } catch (error) {
      troubles.push((error as Error).message);
    }
  }
  return { timestamp, changed, troubles };
}

function merge(into: Timestamp, more: Timestamp): void {
  into.attestations.push(...more.attestations);
  into.branches.push(...more.branches);
}

function stateOf(digest: Uint8Array, timestamp: Timestamp): Omit<StampState, 'troubles'> {
  const all = attestationsOf(digest, timestamp).map(({ attestation }) => attestation);
  return {
    pending: all.flatMap((one) => (one.kind === 'pending' ? [one.uri] : [])),
    heights: all.flatMap((one) => (one.kind === 'bitcoin' ? [one.height] : [])),
  };
}
