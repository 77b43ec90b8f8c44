import type { ClockState } from '@tianyuan/protocol';
import type { Statement } from '../log/statement.ts';
import { jumpBetween } from './clock-jump.ts';
import { type ClockQuality, assessClock, unknownQuality } from './clock-quality.ts';
import type { TimeSource } from './time-source.ts';

export type ClockWatch = {
  /** how good the wall clock is now */
  state: () => ClockState;
  /** looks at the clocks now, and asks the system where that is due; once started, what is new is stated */
  look: () => Promise<void>;
  /** looks by itself from now on; the state until here is in the boot statement's own entry */
  start: () => void;
  close: () => void;
};

/** A jump is noticed within this time. */
const lookEveryMs = 1_000;
/** The system is asked this often: a process a time, where it is chrony or the kernel. */
const askEveryMs = 15_000;
/** A clock that jumps all the time is stated once in a while, with how often and how far. */
const stateEveryMs = 60_000;

/**
 * Watches the quality of the wall clock, and its jumps against the monotonic one. Both are stated in the log; nothing
 * that was stored is touched.
 */
export function watchClock(options: {
  source: TimeSource;
  holdoverMs: number;
  wall: () => number;
  monotonic: () => number;
  /** takes what is to be logged; may throw, and is then told again at the next look */
  say: (statement: Statement & { statement: 'clock' | 'clock-jump' }) => void;
}): ClockWatch {
  const { source, holdoverMs, wall, monotonic, say } = options;
  let quality: ClockQuality = unknownQuality;
  let said: ClockState | undefined;
  let started = false;
  let offset = { wallMs: wall(), monotonicMs: monotonic() };
  let askedAt = Number.NEGATIVE_INFINITY;
  let jumps = 0;
  let movedMs = 0;
  let jumpsSaidAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function noticeJump(): void {
    const now = { wallMs: wall(), monotonicMs: monotonic() };
    const moved = jumpBetween(offset, now);
    offset = now;
    if (moved === 0) return;
    jumps += 1;
    movedMs += moved;
    // Whether it jumped to the right time, only the system can say: a clock in holdover was right until now.
    quality = unknownQuality;
    askedAt = Number.NEGATIVE_INFINITY;
  }

  function sayWhatIsNew(): void {
    if (jumps > 0 && monotonic() - jumpsSaidAt >= stateEveryMs) {
      say({ statement: 'clock-jump', jumps, movedMs, clock: quality.state });
      jumpsSaidAt = monotonic();
      jumps = 0;
      movedMs = 0;
    }
    if (quality.state === said) return;
    say({ statement: 'clock', clock: quality.state, source: source.name });
    said = quality.state;
  }

  async function lookOnce(): Promise<void> {
    noticeJump();
    if (monotonic() - askedAt >= askEveryMs) {
      askedAt = monotonic();
      const reading = await source.read();
      quality = assessClock(quality, reading, monotonic(), holdoverMs);
    }
    if (started) sayWhatIsNew();
  }

  const look = (): Promise<void> => (looking ??= lookOnce().finally(() => (looking = undefined)));

  return {
    state: () => quality.state,
    look,
    start() {
      started = true;
      said = quality.state;
      // A statement that could not be kept is said at a later look.
      timer = setInterval(() => void look().catch(() => {}), lookEveryMs);
    },
    close: () => clearInterval(timer),
  };
}
