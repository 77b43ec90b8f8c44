import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { GatewayError } from '../gateway-error.ts';
import type { Store } from '../keep/store.ts';
import type { Checkpoints } from '../log/checkpoints.ts';
import type { Log } from '../log/log.ts';
import type { Restoration } from '../log/restoration.ts';
import { retryForEver } from './backoff.ts';
import { newChunkSize } from './chunk-size.ts';
import type { Growth } from './growth.ts';
import type { LinkHealth } from './link-health.ts';
import { liveEveryMs, runLiveTail } from './live-tail.ts';
import { openChunkReader } from './read-chunk.ts';
import { newTokenBucket } from './token-bucket.ts';
import { type MirroredHead, type Refusal, openTraceClient } from './trace-client.ts';

/** The mirror takes at most 2,048 entries and 32 MiB a call; this many payloads of 16 KiB in base64 stay below. */
const largestChunk = { entries: 1024, payloadBytes: 8 * 1024 * 1024 };
/** While little comes in, this gathers what arrives close together into one call. */
const gatherMs = 200;
/** A link that was idle takes this many seconds' worth of backfill at once. */
const burstSeconds = 2;

export type Uploader = {
  /** entries that the trace API has confirmed */
  mirroredSize: () => number;
  /** resolves when the signal has stopped it */
  run: (signal: AbortSignal) => Promise<void>;
};

/** A refusal, with the server's own words and wish. */
class Refused extends GatewayError {
  readonly retryAfterMs: number | undefined;

  constructor({ address, status, said, retryAfterMs }: Refusal) {
    super('UPLOAD', `${address} answered ${status} ${said}`.trim());
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Brings the log to the trace API in the log's order, chunk by chunk, each under a checkpoint at its end. After every
 * failure it asks the server first, with one small request, where to go on: it resumes from what is really there, sends
 * no chunk to a server that is away, and sending one twice does nothing. What a long backfill may take of the link is
 * bounded by `maxBytesPerSecond`, and the newest entries are shown beside it; a gateway that keeps up is never made to wait
 * (docs/adr/0024).
 */
export function openUploader(options: {
  url: string;
  origin: string;
  store: Store;
  log: Log;
  checkpoints: Checkpoints;
  restoration: Restoration;
  growth: Growth;
  /** told how the link fares, where somebody asks */
  health?: LinkHealth;
  logger: Logger;
  /** of a backfill; Infinity for as fast as the server takes it */
  maxBytesPerSecond: number;
  /** bound of one request, default 2 min */
  timeoutMs?: number;
  /** between two looks at the newest entries during a backfill */
  liveEveryMs?: number;
}): Uploader {
  const { url, origin, store, log, checkpoints, restoration, growth, health, logger, maxBytesPerSecond } =
    options;
  const client = openTraceClient(url, origin, options.timeoutMs);
  const chunkSize = newChunkSize(largestChunk);
  const bucket = newTokenBucket(maxBytesPerSecond, maxBytesPerSecond * burstSeconds, () => performance.now());
  const readChunk = openChunkReader(store);
  let mirrored = 0;
  /** the entry to go on with; undefined when only the server knows */
  let next: number | undefined;

  /** The size that the server has, once it is certain that its history is ours. */
  function accept(head: MirroredHead | Refusal): number {
    if ('status' in head) throw new Refused(head);
    // The newer one first: a store that is older than what it showed is not proven by what was mirrored.
    if (head.live !== undefined) restoration.compare('mirror', head.live);
    restoration.compare('mirror', head);
    return head.size;
  }

  /** Known to be behind by more than what the next call brings. */
  const isBackfilling = () => next !== undefined && log.size() - next > largestChunk.entries;

  async function step(signal: AbortSignal): Promise<void> {
    try {
      next ??= accept(await client.head(signal));
      if (isBackfilling()) growth.announce(); // to show what is live, too
      for (;;) {
        mirrored = next;
        if (next === log.size()) return;
        next = await sendChunk(next, signal);
      }
    } catch (error) {
      next = undefined;
      throw error;
    }
  }

  /** Sends the entries from `from` on, as many as go into a call, and returns how many the server has then. */
  async function sendChunk(from: number, signal: AbortSignal): Promise<number> {
    const chunk = readChunk(from, log.size(), chunkSize.bound());
    const { size } = chunk;
    const waitMs = bucket.take(chunk.bytes);
    // The last chunk of a drain is what came just now: it pays, and does not wait.
    if (waitMs > 0 && size < log.size()) await delay(waitMs, undefined, { signal });
    const sent = { entries: size - from, payloadBytes: chunk.payloadBytes };
    let answer: MirroredHead | Refusal;
    try {
      answer = await client.upload(from, size, chunk.bodyUnder(checkpoints.at(size).note), signal);
    } catch (error) {
      if (!(error instanceof GatewayError)) chunkSize.broken(sent);
      throw error;
    }
    if ('status' in answer && answer.status === 413 && sent.entries > 1) {
      chunkSize.refused(sent);
      return from;
    }
    const taken = accept(answer);
    if (taken < size) {
      throw new GatewayError(
        'UPLOAD',
        `${url}, sent entries from ${from} on, took ${size} entries, and then says that it has ${taken}`,
      );
    }
    chunkSize.taken();
    return taken;
  }

  async function uploadAll(signal: AbortSignal): Promise<void> {
    for (;;) {
      await retryForEver(
        () => step(signal),
        signal,
        (error, delayMs) => {
          health?.failed(error);
          logger.warn(
            { err: error, retryInMs: Math.round(delayMs) },
            'the upload failed and will be tried again',
          );
        },
        { atLeastMs: (error) => (error instanceof Refused ? error.retryAfterMs : undefined) },
      );
      health?.succeeded();
      await growth.until(() => log.size() > mirrored, signal);
      await delay(gatherMs, undefined, { signal });
    }
  }

  const showLive = (signal: AbortSignal): Promise<void> =>
    runLiveTail(
      {
        log,
        checkpoints,
        growth,
        isBackfilling,
        readChunk,
        bucket,
        async send(from, body, stop) {
          accept(await client.live(from, body, stop));
        },
        onFailure: (error, delayMs) =>
          logger.warn(
            { err: error, retryInMs: Math.round(delayMs) },
            'the newest readings could not be shown beside the backfill',
          ),
        everyMs: options.liveEveryMs ?? liveEveryMs,
      },
      signal,
    );

  async function keepRunning(
    work: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        await work(signal);
      } catch (error) {
        if (!signal.aborted) logger.error({ err: error }, 'the upload stopped unexpectedly and starts again');
      }
    }
  }

  return {
    mirroredSize: () => mirrored,
    async run(signal) {
      await Promise.all([keepRunning(uploadAll, signal), keepRunning(showLive, signal)]);
    },
  };
}
