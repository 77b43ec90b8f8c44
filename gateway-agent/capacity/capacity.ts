import type { Logger } from 'pino';
import { GatewayError } from '../gateway-error.ts';
import { isDiskFull } from '../keep/disk-full.ts';
import type { Statement } from '../log/statement.ts';
import type { PayloadDropper } from './drop-payloads.ts';
import { type CapacityLevel, hysteresis, isAtLeast, levelAt, watermarks } from './level.ts';
import { type MeasureUsage, type Usage, fractionOf } from './measure-usage.ts';
import type { Reserve } from './reserve-file.ts';

export const capacityPolicies = ['refuse', 'evict'] as const;
export type CapacityPolicy = (typeof capacityPolicies)[number];

/** What alarms and pages are told, once for every change. */
export type CapacityEvent = Usage & { level: CapacityLevel; refusing: boolean };

export type CapacityStatus = CapacityEvent & {
  /** messages whose payloads went because mirror and chain have them, and for want of room */
  dropped: number;
  evicted: number;
  reserveHeld: boolean;
};

/** Entries that the trace API has, under a root in a block, under one that the chain cannot lose, and in all. */
export type Sizes = { mirrored: number; anchored: number; final: number; logged: number };

export type Capacity = {
  /** @throws GatewayError FULL while new messages are refused: nothing of them may be acknowledged */
  admit: () => void;
  /** after a write that failed: where the disk is full, the reserve is given back */
  onWriteFailed: (error: unknown) => void;
  /** measures, and does what the level asks for; never two at once */
  look: () => Promise<void>;
  /** tells of every change from now on */
  onChange: (listener: (event: CapacityEvent) => void) => void;
  status: () => CapacityStatus;
  start: () => void;
  close: () => Promise<void>;
};

/** A gateway at its fastest writes 7 MB in this time. */
const lookEveryMs = 1_000;
/** While evicted payloads wait for their tombstone's anchor, new messages are taken up to here. */
const evictingLimit = 0.99;
/** Runs dropped in one look, at most 8,192 entries each: a look ends, and the next one measures again. */
const maxRunsPerLook = 64;

/**
 * Keeps the store within its budget and its disk. From 70 percent on it warns; from 85 it drops payloads that the mirror
 * has and the chain cannot lose; from 95 it refuses new messages, or evicts the oldest payloads once the tombstone that
 * says so is anchored. Entries, and with them every proof, are never dropped.
 */
export function openCapacity(options: {
  policy: CapacityPolicy;
  measure: MeasureUsage;
  reserve: Reserve;
  dropper: PayloadDropper;
  sizes: () => Sizes;
  say: (statement: Statement & { statement: 'capacity' }) => void;
  /** told why a look failed */
  onFault?: (error: unknown) => void;
  logger: Logger;
}): Capacity {
  const { policy, measure, reserve, dropper, sizes, say, logger } = options;
  const listeners: ((event: CapacityEvent) => void)[] = [];
  let level: CapacityLevel = 'normal';
  let usage = measure();
  /** the disk was found full, and has not had room again since: before this start, perhaps */
  let released = !reserve.isHeld() && usage.freeBytes < 2 * reserve.bytes;
  let refusing = released;
  let said: string | undefined;
  let unlogged: CapacityEvent | undefined;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const closing = new AbortController();

  function assess(): void {
    usage = measure();
    const fraction = fractionOf(usage);
    const measured = levelAt(fraction, level);
    if (measured !== 'full') reserve.hold(usage.freeBytes);
    if (reserve.isHeld() || usage.freeBytes >= 2 * reserve.bytes) released = false;
    // On a small disk the reserve that was given back may look like room.
    level = released ? 'full' : measured;
    const limit = policy === 'evict' ? evictingLimit : watermarks.full;
    // What was given back is for the agent's own words and signatures, not for messages.
    refusing = released || fraction >= limit - (refusing ? hysteresis : 0);
  }

  function tell(): void {
    const event = { ...usage, level, refusing };
    const key = `${level} ${refusing}`;
    if (key === said || (said === undefined && level === 'normal')) return;
    const report = level === 'normal' ? logger.info.bind(logger) : logger.warn.bind(logger);
    report({ ...event, policy }, words[level]);
    for (const listener of listeners) listener(event);
    said = key;
    unlogged = event;
  }

  /** Its own step: the first words about a full disk may find no room, and are logged when there is some. */
  function log(): void {
    if (unlogged === undefined) return;
    const { usedBytes, budgetBytes, diskBytes, freeBytes, ...stood } = unlogged;
    say({
      statement: 'capacity',
      level: stood.level,
      refusing: stood.refusing,
      usedBytes,
      diskBytes,
      freeBytes,
      ...(budgetBytes !== undefined && { budgetBytes }),
    });
    unlogged = undefined;
  }

  /** Drops what the mirror has and the chain cannot lose, oldest first, until the level has ended. */
  async function dropMirrored(): Promise<void> {
    for (let runs = 0; runs < maxRunsPerLook && !closing.signal.aborted && isAtLeast(level, 'high'); runs++) {
      const { mirrored, final } = sizes();
      const run = await dropper.bury(Math.min(mirrored, final), 'mirrored');
      if (run === undefined) return;
      await dropper.drop(run);
      assess();
    }
  }

  /** One run at a time: its tombstone is logged, later anchored, and only then do the payloads go. */
  async function evict(): Promise<void> {
    for (let runs = 0; runs < maxRunsPerLook && !closing.signal.aborted && level === 'full'; runs++) {
      const { mirrored, anchored, logged } = sizes();
      // What the mirror has and what it has not are never under one tombstone: it must be plain what is lost.
      const run =
        dropper.pending() ??
        (await dropper.bury(mirrored, 'evicted', logged)) ??
        (dropper.next() >= mirrored ? await dropper.bury(logged, 'evicted') : undefined);
      if (run === undefined || anchored <= run.index) return;
      await dropper.drop(run);
      logger.warn({ from: run.from, to: run.to }, 'the oldest payloads were evicted for want of room');
      assess();
    }
  }

  async function lookOnce(): Promise<void> {
    assess();
    tell();
    log();
    // One that a restart or a failed write interrupted: its tombstone may long be anchored.
    const open = dropper.pending();
    if (open !== undefined && (open.reason === 'mirrored' || sizes().anchored > open.index))
      await dropper.drop(open);
    if (dropper.pending() === undefined) await dropMirrored();
    if (policy === 'evict') await evict();
    assess();
    tell();
    log();
  }

  const look = (): Promise<void> => (looking ??= lookOnce().finally(() => (looking = undefined)));

  return {
    admit() {
      if (!refusing) return;
      throw new GatewayError('FULL', `the store is full: ${words.full}`);
    },
    onWriteFailed(error) {
      if (!isDiskFull(error)) return;
      if (reserve.isHeld())
        logger.error('the disk is full; the reserve is given back, and new messages are refused');
      released = true;
      refusing = true;
      try {
        reserve.release();
      } catch (failure) {
        logger.error({ err: failure }, 'the reserve cannot be given back: is the disk read-only?');
      }
    },
    look,
    onChange: (listener) => void listeners.push(listener),
    status() {
      const { mirrored: dropped, evicted } = dropper.counts();
      return { ...usage, level, refusing, dropped, evicted, reserveHeld: reserve.isHeld() };
    },
    start() {
      timer = setInterval(() => {
        look().catch((error: unknown) => {
          this.onWriteFailed(error);
          options.onFault?.(error);
          logger.error({ err: error }, 'the store could not be relieved and will be tried again');
        });
      }, lookEveryMs);
    },
    async close() {
      closing.abort();
      clearInterval(timer);
      await looking?.catch(() => {});
    },
  };
}

const words: Record<CapacityLevel, string> = {
  normal: 'the store has room again',
  filling: 'the store is 70 percent full: see to its links, or give it more room',
  high: 'the store is 85 percent full: what is mirrored and final is dropped. Without a link nothing is',
  full: 'the store is 95 percent full: restore its links, free the disk, or raise capacity.maxBytes',
};

/** Whether a message was refused by {@link Capacity.admit}. */
export function isFull(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'FULL';
}
