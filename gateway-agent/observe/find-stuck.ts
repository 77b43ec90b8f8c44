import type { Intake } from '../accept/intake.ts';
import { type Store, readNewest } from '../keep/store.ts';
import type { Clock } from '../log/clock.ts';

/** Why nobody would miss this process, in words: the store, or a message that has waited longer for it; undefined where all is well. */
export type FindStuck = (withinMs: number) => string | undefined;

/** @param onFault told why the store could not be read */
export function openStuckFinder(
  store: Store,
  intake: Pick<Intake, 'waitingSinceMs'>,
  clock: Clock,
  onFault: (error: unknown) => void,
): FindStuck {
  return (withinMs) => {
    try {
      readNewest(store);
    } catch (error) {
      onFault(error);
      return `the store cannot be read: ${(error as Error).message}`;
    }
    const waitedMs = clock.sinceBootMs() - (intake.waitingSinceMs() ?? Infinity);
    return waitedMs > withinMs ? `a message has waited ${Math.round(waitedMs)} ms to be kept` : undefined;
  };
}
