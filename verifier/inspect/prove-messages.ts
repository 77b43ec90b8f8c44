import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Entry, decodeEntry, equalBytes, sha256, verifyEd25519 } from '@tianyuan/protocol';
import type { Inspection } from './inspection.ts';
import type { LotMessage } from './list-messages.ts';
import type { LotScope } from './lot-scope.ts';
import type { Miss } from './miss.ts';
import type { ProvenBundle } from './prove-bundles.ts';
import { type Measured, measuredOf } from './recompute-curves.ts';

/** A proven reading and the entry that it is from. */
export type LoggedMeasured = Measured & { logId: string; index: number };

/** A signature costs some 2 ms: whoever presses Ctrl-C is heard within a tenth of a second. */
const signaturesAtOnce = 50;

/**
 * Every message of a lot against its log: its entry commits to it, the log with that entry has the root that the chain has,
 * and the device's proven key signed it. So a reading needs no bundle of its own to be proven.
 */
export async function proveMessages(
  inspection: Inspection,
  messages: readonly LotMessage[],
  proven: readonly ProvenBundle[],
  scope: LotScope,
): Promise<{ measured: LoggedMeasured[]; misses: Miss[] }> {
  const misses: Miss[] = [];
  const measured: LoggedMeasured[] = [];
  for (const [logId, within] of Map.groupBy(messages, (message) => message.logId)) {
    const log = inspection.logOf(logId);
    misses.push(...(await findFork(inspection, logId, proven)));
    const entries = await log.entriesTo(Math.max(...within.map(({ index }) => index)) + 1);
    for (const message of within) {
      const judged = judgeEntry(message, entries[message.index]!);
      if ('code' in judged) misses.push(judged);
      else
        for (const one of measuredOf(message.parsed.message, judged, message.flag, scope))
          measured.push({ ...one, logId, index: message.index });
    }
  }
  misses.push(...(await checkSignatures(inspection, messages, proven)));
  return { measured, misses };
}

/** The served log against the largest head that the lot's bundles prove to be on the chain. */
async function findFork(
  { logOf }: Inspection,
  logId: string,
  proven: readonly ProvenBundle[],
): Promise<Miss[]> {
  const heads = proven.filter(({ message }) => message.logId === logId).map(({ head }) => head);
  const largest = heads.toSorted((a, b) => b.size - a.size)[0];
  if (largest === undefined) return [];
  const root = await logOf(logId).rootAt(largest.size);
  if (equalBytes(root, largest.root)) return [];
  return [
    {
      code: 'LOG_FORKED',
      detail: `${logId.slice(0, 8)}: the served entries have another root at ${largest.size} than the chain`,
    },
  ];
}

function judgeEntry({ logId, index, payload }: LotMessage, bytes: Uint8Array): Entry | Miss {
  const entry = decodeEntry(bytes);
  if (entry.kind === 'message' && equalBytes(sha256(payload), entry.payloadHash)) return entry;
  return {
    code: 'READING_CHANGED',
    detail: `${logId.slice(0, 8)}/${index}: the entry, a ${entry.kind}, commits to other bytes`,
  };
}

async function checkSignatures(
  { signal }: Inspection,
  messages: readonly LotMessage[],
  proven: readonly ProvenBundle[],
): Promise<Miss[]> {
  const keyName = ({ parsed: { message } }: LotMessage) => `${message.device}/${message.key}`;
  const keys = new Map(proven.map((one) => [keyName(one.message), one.devicePublicKey]));
  const done = new Set(proven.map(({ message }) => message));
  const misses: Miss[] = [];
  const unproven = new Set<string>();
  let checked = 0;
  for (const one of messages) {
    if (done.has(one)) continue;
    const key = keys.get(keyName(one));
    if (key === undefined) unproven.add(keyName(one));
    else if (!verifyEd25519(key, one.parsed.signedBytes, one.parsed.signature))
      misses.push({ code: 'BAD_SIGNATURE', detail: `${one.logId.slice(0, 8)}/${one.index}` });
    checked += 1;
    if (checked % signaturesAtOnce === 0) {
      await nextTurn();
      signal.throwIfAborted();
    }
  }
  const names = [...unproven].map((name): Miss => ({
    code: 'NOT_PROVEN',
    detail: `no anchored message proves the key of ${name}`,
  }));
  return [...misses, ...names];
}
