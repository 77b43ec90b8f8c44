import {
  type EntryKind,
  type Rotation,
  decodeEntry,
  encodeEntry,
  equalBytes,
  sha256,
} from '@tianyuan/protocol';
import type { RefusalCode } from '../accept/refusal.ts';
import type { Verdict, VerifiedMessage } from '../accept/verify-message.ts';
import type { Clock } from '../log/clock.ts';
import type { Log } from '../log/log.ts';
import type { MessageFlag } from '../rules/flag.ts';
import type { Judge } from '../rules/judge.ts';
import type { Quarantine } from './quarantine.ts';
import type { Store } from './store.ts';

/** A message that came in, and what accept said of it. */
export type Arrival = {
  device: string;
  payload: Uint8Array;
  /** the gateway's clock when it came, Unix ms */
  receivedAt: number;
  sinceBootMs: number;
  verdict: Verdict;
};

/** What became of it. `index` is its leaf in the log; `flags` is what the rules found odd about it, where anything was. */
export type Outcome =
  | { code: 'LOGGED'; index: number; flags?: readonly MessageFlag[] }
  | { code: 'EQUIVOCATION'; index: number }
  | { code: Exclude<RefusalCode, 'EQUIVOCATION'> };

export type Keep = {
  /**
   * Decides about every arrival and makes the decisions durable in one synced transaction, in the order given. Returns
   * only when all of it is on disk; throws when nothing of it is.
   */
  keep: (arrivals: readonly Arrival[]) => Outcome[];
  /** Logs an entry of the gateway's own. */
  keepOwn: (kind: EntryKind, payload: Uint8Array) => number;
  /** Does `work` and the keeping in it in one synced transaction: all of it is on disk then, or it throws and nothing is. */
  together: <T>(work: () => T) => T;
};

/**
 * @param options.judge finds what is odd about a message; without one nothing is flagged
 * @param options.onRotation told, in the transaction that logs it, of a device's own next key
 */
export function openKeep(
  store: Store,
  log: Log,
  quarantine: Quarantine,
  {
    boot,
    clock,
    judge,
    onRotation,
  }: { boot: number; clock: Clock; judge?: Judge; onRotation?: (rotation: Rotation) => void },
): Keep {
  const { sqlite } = store;
  const selectSeen = sqlite.prepare('SELECT idx FROM seen WHERE key_id = ? AND boot = ? AND seq = ?').pluck();
  const insertSeen = sqlite.prepare('INSERT INTO seen (key_id, boot, seq, idx) VALUES (?, ?, ?, ?)');
  const selectEntry = sqlite.prepare('SELECT entry FROM entries WHERE idx = ?').pluck();
  const flagEntry = sqlite.prepare(
    `UPDATE entries SET flags = CASE WHEN flags IS NULL THEN 'EQUIVOCATION' ELSE flags || ',EQUIVOCATION' END
     WHERE idx = ? AND (flags IS NULL OR flags NOT LIKE '%EQUIVOCATION%')`,
  );
  const insertEvidence = sqlite.prepare(
    'INSERT OR IGNORE INTO equivocations (key_id, boot, seq, payload_hash, idx) VALUES (?, ?, ?, ?, ?)',
  );

  const append = (
    kind: EntryKind,
    arrival: Omit<Arrival, 'verdict' | 'device'>,
    hash: Uint8Array,
    flags: string | null,
  ) =>
    log.append(
      encodeEntry({
        kind,
        clock: clock.state(),
        receivedAt: arrival.receivedAt,
        boot,
        sinceBootMs: arrival.sinceBootMs,
        payloadHash: hash,
      }),
      arrival.payload,
      flags,
    );

  const keepVerified = (arrival: Arrival, message: VerifiedMessage): Outcome => {
    const { keyId, boot: deviceBoot, seq } = message;
    const hash = sha256(arrival.payload);
    const first = selectSeen.get(keyId, deviceBoot, seq) as number | undefined;
    if (first === undefined) {
      const { device, receivedAt } = arrival;
      const flags = judge?.judge(device, message, { receivedAt, clock: clock.state() }) ?? [];
      const index = append('message', arrival, hash, flags.length > 0 ? flags.join(',') : null);
      insertSeen.run(keyId, deviceBoot, seq, index);
      if (message.rotation !== undefined) onRotation?.(message.rotation);
      return flags.length > 0 ? { code: 'LOGGED', index, flags } : { code: 'LOGGED', index };
    }
    if (equalBytes(decodeEntry(selectEntry.get(first) as Uint8Array).payloadHash, hash))
      return { code: 'DUPLICATE' };
    // Other bytes under a (key, boot, seq) that is taken: the first stays, the second is evidence against the device.
    const evidence = insertEvidence.run(keyId, deviceBoot, seq, hash, log.size());
    if (evidence.changes === 0) return { code: 'DUPLICATE' };
    flagEntry.run(first);
    return { code: 'EQUIVOCATION', index: append('equivocation', arrival, hash, null) };
  };

  const decide = (arrival: Arrival): Outcome => {
    const { verdict } = arrival;
    const outcome: Outcome =
      verdict.code === 'VERIFIED' ? keepVerified(arrival, verdict) : { code: verdict.code };
    if (outcome.code !== 'LOGGED') quarantine.count(outcome.code);
    if (verdict.code !== 'VERIFIED') quarantine.put(arrival, verdict);
    return outcome;
  };

  const transaction = sqlite.transaction((arrivals: readonly Arrival[]) => {
    const outcomes = arrivals.map(decide);
    judge?.save();
    return outcomes;
  });
  const ownTransaction = sqlite.transaction((kind: EntryKind, payload: Uint8Array) =>
    append(
      kind,
      { payload, receivedAt: clock.now(), sinceBootMs: clock.sinceBootMs() },
      sha256(payload),
      null,
    ),
  );
  const orRestore = <T>(commit: () => T): T => {
    try {
      return commit();
    } catch (error) {
      log.restore();
      quarantine.restore();
      judge?.restore();
      throw error;
    }
  };

  return {
    keep: (arrivals) => orRestore(() => transaction.immediate(arrivals)),
    keepOwn: (kind, payload) => orRestore(() => ownTransaction.immediate(kind, payload)),
    together: (work) => orRestore(() => sqlite.transaction(work).immediate()),
  };
}
