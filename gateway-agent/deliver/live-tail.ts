import { setTimeout as delay } from 'node:timers/promises';
import { encodeBase64, concatBytes } from '@tianyuan/protocol';
import type { Checkpoints } from '../log/checkpoints.ts';
import type { Log } from '../log/log.ts';
import { fullJitterMs } from './backoff.ts';
import type { ChunkBound } from './chunk-size.ts';
import type { Growth } from './growth.ts';
import type { Chunk } from './read-chunk.ts';
import type { TokenBucket } from './token-bucket.ts';
import type { LiveBody } from './trace-client.ts';

/** The newest entries that one call shows: of what is live, only the last state counts. */
const largestTail: ChunkBound = { entries: 256, payloadBytes: 1024 * 1024 };
/** A backfill that is done sooner needs no live data beside it. */
export const liveEveryMs = 2_000;
/** The longest wait after failures. */
const maxWaitMs = 60_000;

/**
 * While a backfill is under way, shows the trace API the newest entries every few seconds, ahead of everything between.
 * They are proven to be in the log as it is signed now, and come again in their turn. Each call is paid for out of the
 * backfill's token bucket and never waits for it (docs/adr/0024).
 */
export async function runLiveTail(
  {
    log,
    checkpoints,
    growth,
    isBackfilling,
    readChunk,
    bucket,
    send,
    onFailure,
    everyMs,
  }: {
    log: Log;
    checkpoints: Checkpoints;
    growth: Growth;
    isBackfilling: () => boolean;
    readChunk: (from: number, end: number, bound: ChunkBound) => Chunk;
    bucket: TokenBucket;
    /** rejects where the server did not take it */
    send: (from: number, body: LiveBody, signal: AbortSignal) => Promise<void>;
    onFailure: (error: unknown, delayMs: number) => void;
    everyMs: number;
  },
  signal: AbortSignal,
): Promise<void> {
  /** entries before this were shown */
  let shown = 0;
  let failures = 0;
  const isDue = () => isBackfilling() && log.size() > shown;

  async function show(): Promise<void> {
    const chunk = readChunk(Math.max(shown, log.size() - largestTail.entries), log.size(), largestTail);
    const { from, size } = chunk;
    bucket.take(chunk.bytes);
    const before = encodeBase64(concatBytes(...log.prefix(from)));
    await send(from, { ...chunk.bodyUnder(checkpoints.at(size).note), before }, signal);
    shown = size;
  }

  for (;;) {
    try {
      await growth.until(isDue, signal);
      await delay(everyMs, undefined, { signal });
      if (!isDue()) continue;
      await show();
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = fullJitterMs(failures, { initialMs: everyMs, maxMs: maxWaitMs });
      failures += 1;
      onFailure(error, waitMs);
      await delay(waitMs, undefined, { signal });
    }
  }
}
