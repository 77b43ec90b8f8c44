import type { Logger } from '../log.ts';
import type { LinkTrouble } from './link-trouble.ts';

export type TroubleLog = { tell: (device: string, trouble: LinkTrouble) => void; over: () => void };

/** Tells each reason once, for the first device that has it, until some device is connected again. */
export function troubleLog(log: Logger): TroubleLog {
  const told = new Set<string>();
  return {
    tell: (device, { reason, text }) => {
      if (told.has(reason)) return log.debug({ device }, text);
      told.add(reason);
      log.warn({ device }, text);
    },
    over: () => told.clear(),
  };
}
