import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Logger } from '@tianyuan/platform';
import type { WitnessAddress } from '@tianyuan/witness';
import { cosignatureGatherer } from './gather-cosignatures.ts';

/** Anchors come every few seconds at most; a witness that is away is asked as rarely. */
const everyMs = 5_000;

/** Gathers the cosignatures of every witness side by side, until the signal aborts: one that is slow delays no other. */
export async function runWitnessLoops(
  database: Database,
  witnesses: readonly WitnessAddress[],
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(witnesses.map(follow));

  async function follow(witness: WitnessAddress): Promise<void> {
    const gather = cosignatureGatherer(witness, logger);
    while (!signal.aborted) {
      await gather(database.queries, signal).catch((error) =>
        logger.warn(
          { err: error, witness: witness.name },
          'gathering cosignatures failed and will be tried again',
        ),
      );
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }
}
