import type { DeviceRegister } from '../devices/device-register.ts';
import type { Arrival, Keep, Outcome } from '../keep/keep.ts';
import type { Clock } from '../log/clock.ts';
import type { Keyring, RefusedMessage, Verdict } from './verify-message.ts';
import type { VerifyPool } from './verify-pool.ts';

/** What a receiver hands over, and the promise it waits for before it acknowledges. */
export type Intake = {
  /**
   * Resolves when the message's fate is on disk; rejects when it is not, and then nothing may be acknowledged and the
   * device's connection must end: whatever else of the device was on its way is rejected with it, see {@link openIntake}.
   * @param refusal what the receiver itself has against the message
   */
  take: (device: string, payload: Uint8Array, refusal?: RefusedMessage) => Promise<Outcome>;
  /** when the oldest message came whose fate is not on disk yet, by {@link Clock.sinceBootMs}; undefined where none waits */
  waitingSinceMs: () => number | undefined;
  /** resolves when everything taken so far has been decided */
  idle: () => Promise<void>;
};

/** Told of every commit after it, and of every failure, once for all the messages that it hit. */
export type IntakeEvents = {
  onKept: (outcomes: readonly Outcome[], arrivals: readonly Arrival[], tookMs: number) => void;
  onLost: (error: unknown, messages: number) => void;
};

type Taken = Omit<Arrival, 'verdict'> & {
  refusal: RefusedMessage | undefined;
  verdict: Verdict | undefined;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
};
type Batch = {
  taken: Taken[];
  verified: boolean;
  failure: { error: unknown } | undefined;
  /** the keys by which it was verified */
  keyring: Keyring | undefined;
  /** whether that was the second time */
  again: boolean;
};

/** Bounds how long a commit (at most twice this) keeps the loop, and a batch's copy in memory (512 x 16 KiB). */
const maxBatch = 512;

/**
 * From the receiver to the disk. What arrives in one turn of the event loop goes to a verifying thread as one batch; what
 * has been verified when the last commit ended is committed together. No timer: under load batches grow by themselves,
 * and a lone message waits for nothing. Batches are committed in the order in which they came.
 *
 * How much can be on its way is the receiver's to bound: aedes reads no further from a connection until all that it read
 * of it is acknowledged.
 *
 * When a message is lost (a dead thread, a full disk), so are the later ones of its device that are on their way: were
 * they kept, the lost one would come again behind them, and the log would have the device's messages out of order.
 */
export function openIntake(
  {
    pool,
    register,
    keep,
    clock,
  }: { pool: VerifyPool; register: DeviceRegister; keep: Pick<Keep, 'keep'>; clock: Clock },
  { onKept, onLost }: IntakeEvents,
): Intake {
  let gathering: Taken[] = [];
  let inOrder: Batch[] = [];
  let dispatchPlanned = false;
  let commitPlanned = false;
  let idleWaiters: (() => void)[] = [];

  function dispatch(): void {
    dispatchPlanned = false;
    while (gathering.length > 0) {
      const batch = newBatch(gathering.slice(0, maxBatch));
      gathering = gathering.slice(maxBatch);
      inOrder.push(batch);
      void verify(batch);
    }
  }

  async function verify(batch: Batch): Promise<void> {
    try {
      const keyring = register.keyring();
      // A list of its own: the batch's shrinks when a device's connection fails meanwhile.
      const taken = batch.again ? outdated(batch, keyring) : batch.taken;
      batch.keyring = keyring;
      const verdicts = await pool.verify(taken, keyring);
      taken.forEach((one, i) => (one.verdict = judge(verdicts[i]!, one.refusal)));
      batch.verified = true;
    } catch (error) {
      batch.failure = { error };
    }
    planCommit();
  }

  function planCommit(): void {
    if (commitPlanned) return;
    commitPlanned = true;
    setImmediate(commit);
  }

  /** One commit, or one failure, a turn of the loop; in between the sockets have theirs. */
  function commit(): void {
    commitPlanned = false;
    const ready = takeReady();
    const next = inOrder[0];
    if (ready.length > 0) settle(ready);
    else if (next?.failure) {
      inOrder.shift();
      lose(next.taken, next.failure.error);
    } else if (next?.verified) {
      next.verified = false;
      next.again = true;
      void verify(next);
    }
    if (inOrder[0]?.verified || inOrder[0]?.failure) planCommit();
    if (inOrder.length > 0 || gathering.length > 0) return;
    for (const wake of idleWaiters) wake();
    idleWaiters = [];
  }

  /**
   * What can be committed now: up to the first message that brings a key, since what comes behind it may be signed with
   * that, or with the one that it ends; and up to the first batch that was verified by keys which have changed meanwhile.
   */
  function takeReady(): Taken[] {
    const ready: Taken[] = [];
    for (let batch = inOrder[0]; batch?.verified && ready.length < maxBatch; batch = inOrder[0]) {
      if (isOutdated(batch)) break;
      inOrder.shift();
      const count = batch.taken.findIndex(bringsKey) + 1;
      if (count === 0) {
        ready.push(...batch.taken);
        continue;
      }
      ready.push(...batch.taken.slice(0, count));
      // Every key that comes may have the rest verified once more, and no more keys come than there are messages.
      if (count < batch.taken.length)
        inOrder.unshift({ ...batch, taken: batch.taken.slice(count), again: false });
      break;
    }
    return ready;
  }

  /** Once a batch: who changes keys all the time holds nobody up. */
  function isOutdated(batch: Batch): boolean {
    if (batch.again) return false;
    try {
      return outdated(batch, register.keyring()).length > 0;
    } catch {
      return true; // verifying it again fails for the same reason, and is dealt with there
    }
  }

  function settle(taken: readonly Taken[]): void {
    let outcomes: Outcome[];
    const startedMs = performance.now();
    try {
      outcomes = keep.keep(taken as readonly Arrival[]);
    } catch (error) {
      lose(taken, error);
      return;
    }
    const tookMs = performance.now() - startedMs;
    taken.forEach(({ resolve }, i) => resolve(outcomes[i]!));
    onKept(outcomes, taken as readonly Arrival[], tookMs);
  }

  function lose(first: readonly Taken[], error: unknown): void {
    const devices = new Set(first.map(({ device }) => device));
    const isLost = ({ device }: Taken): boolean => devices.has(device);
    const lost = [
      ...first,
      ...inOrder.flatMap(({ taken }) => taken).filter(isLost),
      ...gathering.filter(isLost),
    ];
    for (const batch of inOrder) batch.taken = batch.taken.filter((one) => !isLost(one));
    gathering = gathering.filter((one) => !isLost(one));
    for (const { reject } of lost) reject(error);
    if (lost.length > 0) onLost(error, lost.length);
  }

  return {
    take(device, payload, refusal) {
      return new Promise((resolve, reject) => {
        gathering.push({
          device,
          payload,
          refusal,
          verdict: undefined,
          receivedAt: clock.now(),
          sinceBootMs: clock.sinceBootMs(),
          resolve,
          reject,
        });
        if (!dispatchPlanned) {
          dispatchPlanned = true;
          setImmediate(dispatch);
        }
      });
    },
    waitingSinceMs() {
      const [oldest] = inOrder.find(({ taken }) => taken.length > 0)?.taken ?? gathering;
      return oldest?.sinceBootMs;
    },
    idle() {
      if (inOrder.length === 0 && gathering.length === 0) return Promise.resolve();
      return new Promise((resolve) => idleWaiters.push(resolve));
    },
  };
}

function newBatch(taken: Taken[]): Batch {
  return { taken, verified: false, failure: undefined, keyring: undefined, again: false };
}

/** What a change of keys since the batch was verified may decide otherwise. */
function outdated({ taken, keyring: before }: Batch, now: Keyring): Taken[] {
  if (before === undefined || before === now) return [];
  const changed = changedKeys(before, now);
  return taken.filter(({ verdict }) =>
    verdict?.code === 'VERIFIED'
      ? changed.has(verdict.keyId)
      : verdict?.code === 'UNKNOWN_DEVICE' || verdict?.code === 'REVOKED_KEY',
  );
}

/** Keys that have ended, or end elsewhere, by their `id`. */
function changedKeys(before: Keyring, now: Keyring): Set<number> {
  const changed = new Set<number>();
  for (const [name, { id, revoked, last }] of before) {
    const key = now.get(name);
    if (key?.revoked !== revoked || key.last?.boot !== last?.boot || key.last?.seq !== last?.seq)
      changed.add(id);
  }
  return changed;
}

function bringsKey({ verdict }: Taken): boolean {
  return verdict?.code === 'VERIFIED' && verdict.rotation !== undefined;
}

/** The receiver's refusal stands before the verdict, but for the size, which the protocol looks at first. */
function judge(verdict: Verdict, refusal: RefusedMessage | undefined): Verdict {
  return verdict.code === 'TOO_LARGE' ? verdict : (refusal ?? verdict);
}
