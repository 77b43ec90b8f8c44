import { setTimeout as delay } from 'node:timers/promises';
import type { HeadReader } from '@tianyuan/chain';
import { logId, logIdHex } from '@tianyuan/protocol';
import type { Logger } from 'pino';
import { z } from 'zod';
import { GatewayError } from '../gateway-error.ts';
import type { Log } from '../log/log.ts';
import type { Restoration } from '../log/restoration.ts';
import type { Anchorer } from './anchor.ts';
import { orAborted, retryForEver } from './backoff.ts';
import { boundedRequest, noAnswer, parseJson } from './bounded-request.ts';
import type { Growth } from './growth.ts';
import type { LinkHealth } from './link-health.ts';

/** What is anchored of our log, and how much of it for good; `root` is undefined where nobody could be asked for it. */
export type Standing = { size: number; root: Uint8Array | undefined; finalSize: number };
export type ReadStanding = (signal: AbortSignal) => Promise<Standing>;

const defaultTimeoutMs = 30_000;
/** Somebody else anchors, at their own pace: asking more often would tell little sooner. */
const maxPollMs = 5_000;

const descriptionSchema = z.object({ anchoredSize: z.int().min(0), finalSize: z.int().min(0) });

/** Asks the contract itself, which needs no account. */
export function standingOnChain(chain: Pick<HeadReader, 'head'>, origin: string): ReadStanding {
  let finalSize = 0;
  return async (signal) => {
    const { size, root, isFinal } = await orAborted(chain.head(logId(origin)), signal);
    finalSize = isFinal ? size : Math.min(finalSize, size);
    return { size, root: size === 0 ? undefined : root, finalSize };
  };
}

/** Takes the trace API's word for it: for a gateway that reaches no node of the chain. */
export function standingAtMirror(
  traceUrl: string,
  origin: string,
  timeoutMs = defaultTimeoutMs,
): ReadStanding {
  const address = `${traceUrl.replace(/\/$/, '')}/api/v1/logs/${logIdHex(origin)}`;
  return async (signal) => {
    const { status, text } = await boundedRequest(address, { signal, timeoutMs });
    if (status === 404) return { size: 0, root: undefined, finalSize: 0 }; // nothing was uploaded yet
    if (status >= 300)
      throw new GatewayError('UPLOAD', `${address} answered ${status} when asked what is anchored`);
    const described = descriptionSchema.safeParse(parseJson(text));
    if (!described.success) throw noAnswer(address, JSON.stringify(text.slice(0, 100)));
    const { anchoredSize, finalSize } = described.data;
    return { size: anchoredSize, root: undefined, finalSize };
  };
}

/**
 * Follows a log that a hub anchors: this gateway sends nothing to the chain, its uploads hand over what it signed. What is
 * anchored is asked every time, so what the chain lost is noticed, and anchored again by the hub.
 */
export function openHubFollower(options: {
  origin: string;
  intervalMs: number;
  readStanding: ReadStanding;
  /** where the chain itself is asked: its head has to be one of ours */
  restoration: Pick<Restoration, 'compare'> | undefined;
  log: Pick<Log, 'size'>;
  growth: Growth;
  health?: LinkHealth;
  logger: Logger;
  /** logs a recent block's hash, "not before", at most once in a while */
  stateBlock: () => Promise<void>;
}): Omit<Anchorer, 'anchorNow'> {
  const { origin, intervalMs, readStanding, restoration, log, growth, health, logger, stateBlock } = options;
  let anchored = 0;
  let final = 0;
  /** the log's size after the last statement: a statement alone is no reason for another one */
  let stated = 0;

  async function round(signal: AbortSignal): Promise<void> {
    const standing = await readStanding(signal);
    restoration?.compare('chain', standing);
    if (standing.size < anchored) {
      logger.warn(
        { had: anchored, has: standing.size, origin },
        'the chain lost an anchor; the hub anchors again',
      );
    }
    if (standing.size > anchored) logger.info({ size: standing.size }, 'the hub has anchored');
    anchored = standing.size;
    final = Math.min(standing.finalSize, standing.size);
    if (log.size() > Math.max(anchored, stated)) {
      await orAborted(stateBlock(), signal);
      stated = log.size();
    }
  }

  const isSettled = (): boolean => anchored >= log.size() && final === anchored;

  return {
    anchoredSize: () => anchored,
    finalSize: () => final,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await retryForEver(
            () => round(signal),
            signal,
            (error, delayMs) => {
              health?.failed(error);
              logger.warn(
                { err: error, retryInMs: Math.round(delayMs) },
                'what the hub anchored could not be read and will be asked again',
              );
            },
          );
          health?.succeeded();
          if (isSettled()) await growth.until(() => log.size() > anchored, signal);
          await delay(Math.min(intervalMs, maxPollMs), undefined, { signal });
        } catch (error) {
          if (!signal.aborted)
            logger.error({ err: error }, 'following the hub stopped unexpectedly and starts again');
        }
      }
    },
  };
}
