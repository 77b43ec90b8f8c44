import { setTimeout as delay } from 'node:timers/promises';
import {
  type Anchor,
  type Check,
  type ProofBundle,
  anchorSchema,
  decodeBase64,
  encodeBase64,
  parseCheckpoint,
  parseTlogProof,
  proofBundleSchema,
  verifyBundle,
} from '@tianyuan/protocol';
import type { Inspection } from './inspection.ts';
import type { LotMessage } from './list-messages.ts';
import type { Miss } from './miss.ts';
import { draw } from './rank.ts';
import { getJson } from './trace-source.ts';

/** A bundle that holds under the inspector's policy, and what it proves besides its message. */
export type ProvenBundle = {
  message: LotMessage;
  entry: Uint8Array;
  devicePublicKey: Uint8Array;
  head: { size: number; root: Uint8Array };
  anchor: Anchor;
};

export const atOnce = 4; // the server's pages are for others, too
const lookAgainMs = 500;

/**
 * Which messages are verified by their bundles. The first and the last of each key in each log, and its highest counter, so
 * that a revocation or a rotation, which cut at an index or a counter, cannot hide between; the last of each log, whose
 * anchor is the youngest; and as many more as the seed draws. Pure.
 */
export function chooseMessages(seed: string, messages: readonly LotMessage[], count: number): LotMessage[] {
  const nameOf = ({ logId, index }: LotMessage) => `${logId}/${index}`;
  const chosen = new Map<string, LotMessage>();
  const take = (message: LotMessage | undefined) => message && chosen.set(nameOf(message), message);
  for (const within of Map.groupBy(messages, ({ logId }) => logId).values()) {
    take(within.at(-1)); // they are listed by index
    const runs = Map.groupBy(within, ({ parsed: { message } }) => `${message.device}/${message.key}`);
    for (const run of runs.values()) {
      take(run[0]);
      take(run.at(-1));
      take(run.reduce((a, b) => (isLater(b, a) ? b : a)));
    }
  }
  for (const message of draw(seed, messages, count, nameOf)) take(message);
  return [...chosen.values()];
}

/** Fetches and verifies the bundles of these messages. @returns those that hold, and why others do not */
export async function proveBundles(
  inspection: Inspection,
  chosen: readonly LotMessage[],
  finalSizeOf: (logId: string) => number,
): Promise<{ proven: ProvenBundle[]; misses: Miss[] }> {
  const proven: ProvenBundle[] = [];
  const misses: Miss[] = [];
  const waiting = [...chosen];
  const work = async () => {
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      inspection.signal.throwIfAborted();
      const found = await proveOne(inspection, message, message.index < finalSizeOf(message.logId));
      if (Array.isArray(found)) misses.push(...found);
      else proven.push(found);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { proven, misses };
}

async function proveOne(
  { source, policy, patienceMs, signal }: Inspection,
  message: LotMessage,
  saidFinal: boolean,
): Promise<ProvenBundle | Miss[]> {
  const { logId, index, payload } = message;
  const where = `${logId.slice(0, 8)}/${index}`;
  const path = `/api/v1/logs/${logId}/entries/${index}/proof`;
  const bundle = await getJson(source, path, proofBundleSchema);
  if (bundle.payload !== encodeBase64(payload)) {
    const detail = `${where}: the bundle ${bundle.payload === undefined ? 'withholds its payload' : 'has another payload than the list'}`;
    return [{ code: bundle.payload === undefined ? 'HIDDEN_READING' : 'READING_CHANGED', detail }];
  }
  if (indexOf(bundle) !== index) {
    return [{ code: 'PROOF_INVALID', detail: `${where}: the bundle is of another entry` }];
  }
  const until = Date.now() + patienceMs;
  for (;;) {
    const { verdict, checks } = await verifyBundle(bundle, policy);
    const open = checks.filter(({ status }) => status !== 'passed');
    const onlyFinality = verdict === 'incomplete' && open.every(({ name }) => name === 'finality');
    if (verdict === 'valid' || (onlyFinality && !saidFinal)) return describe(message, bundle);
    if (!onlyFinality || Date.now() >= until) return [missOf(where, verdict, open)];
    await delay(lookAgainMs, undefined, { signal });
  }
}

export function indexOf({ tlogProof }: ProofBundle): number | undefined {
  try {
    return parseTlogProof(tlogProof).index;
  } catch {
    return undefined; // its verification says what is wrong with it
  }
}

/** Of a bundle whose checks passed: its parts can be read. */
function describe(message: LotMessage, bundle: ProofBundle): ProvenBundle {
  const { size, root } = parseCheckpoint(parseTlogProof(bundle.tlogProof).checkpoint);
  return {
    message,
    entry: decodeBase64(bundle.entry),
    devicePublicKey: decodeBase64(bundle.device!.publicKey),
    head: { size, root },
    anchor: anchorSchema.parse(bundle.anchor),
  };
}

export function missOf(
  where: string,
  verdict: 'valid' | 'invalid' | 'incomplete',
  open: readonly Check[],
): Miss {
  const status = verdict === 'invalid' ? 'failed' : 'not checked';
  const reasons = open
    .filter((check) => check.status === status)
    .map(({ name, reason }) => `${name}: ${reason.en}`);
  return {
    code: verdict === 'invalid' ? 'PROOF_INVALID' : 'PROOF_INCOMPLETE',
    detail: `${where}: ${reasons.join('; ')}`,
  };
}

function isLater({ parsed: { message: a } }: LotMessage, { parsed: { message: b } }: LotMessage): boolean {
  return a.boot > b.boot || (a.boot === b.boot && a.seq > b.seq);
}
