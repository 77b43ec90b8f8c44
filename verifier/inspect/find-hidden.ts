import {
  type Message,
  ProtocolError,
  decodeBase64,
  logIdHex,
  parseMessage,
  proofBundleSchema,
} from '@tianyuan/protocol';
import { type Elsewhere, type View, elsewhereSchema } from './answers.ts';
import { type LotScope, reachesLot } from './lot-scope.ts';
import type { Miss } from './miss.ts';
import { atMoment, batchPath } from './open-lot.ts';
import { draw } from './rank.ts';
import { type TraceSource, getJson } from './trace-source.ts';

/** What the mirror does not count has its place in its device's counters all the same. */
const countersTaken = new Set([
  'BAD_SIGNATURE',
  'REVOKED_KEY',
  'SUSPECT',
  'EQUIVOCATION',
  'MALFORMED',
  'WITHHELD',
  'EVICTED',
]);

/** Bundles of messages that are said to be none of the lot's: more of them are drawn from. */
const mostOpened = 100;

export async function readElsewhere(
  source: TraceSource,
  view: View,
  asOf: number | undefined,
): Promise<Elsewhere[]> {
  const path = atMoment(`${batchPath(view)}/messages/elsewhere`, asOf);
  return (await getJson(source, path, elsewhereSchema)).messages;
}

/**
 * Holes in the counters of the lot's devices: within one start of a device, each message has the next number. A hole is a
 * message that was lost, refused, another's, or hidden; flagged ones and those that are said to be absent are told. Pure.
 */
export function findHoles(
  messages: readonly Message[],
  elsewhere: readonly Elsewhere[],
  { flagged, absent }: { flagged: View['flagged']; absent: number },
): Miss[] {
  const others = Map.groupBy(elsewhere, ({ subject, key, boot }) => `${subject}/${key}/${boot}`);
  const runs = Map.groupBy(messages, ({ device, key, boot }) => `${device}/${key}/${boot}`);
  const holes = [...runs.values()].flatMap((within) => {
    const { device, key, boot } = within[0]!;
    const filling = others.get(`${logIdHex(device)}/${key}/${boot}`) ?? [];
    const seqs = [...new Set([...within, ...filling].map(({ seq }) => seq))].toSorted((a, b) => a - b);
    return seqs.slice(1).flatMap((seq, i) => {
      const before = seqs[i]!;
      const run = `${device} key ${key} boot ${boot}`;
      return seq - before > 1 ? [{ run, from: before + 1, count: seq - before - 1 }] : [];
    });
  });
  const told = Object.entries(flagged)
    .filter(([flag]) => countersTaken.has(flag))
    .reduce((sum, [, count]) => sum + count, absent);
  const missing = holes.reduce((sum, { count }) => sum + count, 0);
  if (missing <= told) return [];
  return holes.map(({ run, from, count }) => ({
    code: 'HIDDEN_READING',
    detail: `${run}: ${count} missing from seq ${from} on; ${told} in all are accounted for`,
  }));
}

/**
 * What is said to be none of the lot's, as far as its payload is public: whatever is the lot's after all is hidden.
 * @returns how many were not shown, of which nobody but their owner can tell
 */
export async function openElsewhere(
  source: TraceSource,
  seed: string,
  elsewhere: readonly Elsewhere[],
  scope: LotScope,
): Promise<{ withheld: number; misses: Miss[] }> {
  const opened = draw(seed, elsewhere, mostOpened, ({ logId, index }) => `${logId}/${index}`);
  const misses: Miss[] = [];
  let shown = 0;
  for (const { logId, index } of opened) {
    const answer = await source.get(`/api/v1/logs/${logId}/entries/${index}/proof`, 'application/json');
    if (answer.status !== 200) continue; // not anchored yet
    const message = messageIn(answer.body);
    if (message === undefined) continue;
    shown += 1;
    if (reachesLot(message, scope))
      misses.push({
        code: 'HIDDEN_READING',
        detail: `${logId.slice(0, 8)}/${index}: it is the lot's, and is not counted`,
      });
  }
  return { withheld: elsewhere.length - shown, misses };
}

function messageIn(body: Uint8Array): Message | undefined {
  try {
    const { payload } = proofBundleSchema.parse(JSON.parse(new TextDecoder().decode(body)));
    return payload === undefined ? undefined : parseMessage(decodeBase64(payload)).message;
  } catch (error) {
    if (
      error instanceof ProtocolError ||
      error instanceof SyntaxError ||
      (error as Error).name === 'ZodError'
    )
      return undefined;
    throw error;
  }
}
