import type { RateLimit } from '../devices/device-register.ts';
import { type Bucket, costOf, fullBucket, take, waitMs } from './token-bucket.ts';

/** One message that wants in. */
export type Waiting = {
  payloadBytes: number;
  /** called when it may go on, in the order of the device's messages */
  go: () => void;
  /** whether its connection is still there; what has none is forgotten, unacknowledged */
  isGone: () => boolean;
};

/** Holds back messages of devices that send too fast, before anything is computed for them. */
export type RateGate = {
  /** lets a message on at once, or later */
  pass: (device: string, waiting: Waiting) => void;
  /** devices with messages that are held back now */
  limited: () => string[];
  /** forgets everything that waits */
  close: () => void;
};

type Lane = { bucket: Bucket; queue: Waiting[]; timer: NodeJS.Timeout | undefined };

/** While a device's messages are held back, its broker looks this often whether it is still there. */
const lookMs = 5_000;
/** As many devices keep their bucket while they send nothing; full ones are forgotten first. Twice the connections. */
const maxIdleLanes = 2_000;

/**
 * A lane a device, whatever its connections: who connects again finds the bucket that it left. Others are not held up by
 * one that is, since each lane has its own queue, and a queue is no longer than what was read of one connection.
 *
 * @param limitOf asked for every message, so that a change counts at once
 * @param onHeld told when a device's messages begin to be held back
 * @param keepAlive told while they are, so that nobody cuts a connection for being silent that is not read from
 */
export function newRateGate(options: {
  limitOf: (device: string) => RateLimit;
  onHeld: (device: string) => void;
  keepAlive: (device: string) => void;
  now?: () => number;
}): RateGate {
  const { limitOf, onHeld, keepAlive, now = () => performance.now() } = options;
  const lanes = new Map<string, Lane>();

  function laneOf(device: string): Lane {
    let lane = lanes.get(device);
    if (lane === undefined) {
      if (lanes.size >= maxIdleLanes) forgetFull();
      lane = { bucket: fullBucket, queue: [], timer: undefined };
      lanes.set(device, lane);
    }
    return lane;
  }

  function forgetFull(): void {
    for (const [device, { bucket, queue }] of lanes) {
      if (queue.length === 0 && bucket.fullAtMs <= now()) lanes.delete(device);
    }
  }

  function drain(device: string, lane: Lane): void {
    lane.timer = undefined;
    lane.queue = lane.queue.filter(({ isGone }) => !isGone());
    while (lane.queue.length > 0) {
      const limit = limitOf(device);
      const cost = costOf(lane.queue[0]!.payloadBytes);
      const wait = waitMs(lane.bucket, now(), cost, limit);
      if (wait > 0) {
        keepAlive(device);
        lane.timer = setTimeout(() => drain(device, lane), Math.min(Math.ceil(wait), lookMs));
        return;
      }
      lane.bucket = take(lane.bucket, now(), cost, limit);
      lane.queue.shift()!.go();
    }
  }

  return {
    pass(device, waiting) {
      const lane = laneOf(device);
      // Of a connection that is gone: who connects anew in a loop must not make the queue long.
      if (lane.queue[0]?.isGone()) lane.queue = lane.queue.filter(({ isGone }) => !isGone());
      lane.queue.push(waiting);
      if (lane.timer !== undefined) return;
      drain(device, lane);
      if (lane.timer !== undefined) onHeld(device);
    },
    limited: () =>
      [...lanes].filter(([, { queue }]) => queue.some(({ isGone }) => !isGone())).map(([device]) => device),
    close() {
      for (const lane of lanes.values()) {
        clearTimeout(lane.timer);
        lane.queue = [];
      }
      lanes.clear();
    },
  };
}
