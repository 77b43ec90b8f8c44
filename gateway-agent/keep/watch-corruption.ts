import type { Logger } from 'pino';
import { isCorruption, suspectStore } from './open-or-salvage.ts';

/** Hears of every fault that reading or writing the store may have caused, wherever in the agent it was met. */
export type CorruptionWatch = {
  see: (error: unknown) => void;
  /** resolves, with the first of them that was one, when the store turned out to be corrupt */
  found: Promise<unknown>;
};

/** The first corruption has the next start look at every page; what comes after it has the same cause. */
export function watchForCorruption(dataDir: string, logger: Logger): CorruptionWatch {
  const { promise: found, resolve } = Promise.withResolvers<unknown>();
  let isFound = false;
  return {
    see(error) {
      if (isFound || !isCorruption(error)) return;
      isFound = true;
      const trouble = suspectStore(dataDir);
      if (trouble !== undefined)
        logger.error({ err: trouble }, 'the next start will not look at every page of the store by itself');
      resolve(error);
    },
    found,
  };
}
