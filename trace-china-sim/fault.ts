import { z } from 'zod';

/**
 * What the platform can be told to do wrong, from the outermost to the innermost: of several, the first that can happen
 * does, and `bad-signature` besides whatever is signed.
 */
export const faults = [
  'down',
  'slow',
  'error-500',
  'expired-credential',
  'malformed',
  'unknown-code',
  'changed-record',
  'bad-signature',
] as const;

export type Fault = (typeof faults)[number];

export const faultsSchema = z.strictObject({ faults: z.array(z.enum(faults)).max(faults.length) });

/** The faults that are on. Whoever waits in `slow` is let go when they change, so that no test waits for a clock. */
export type FaultSwitch = {
  has: (fault: Fault) => boolean;
  list: () => Fault[];
  set: (next: readonly Fault[]) => void;
  changed: () => Promise<void>;
};

export function faultSwitch(): FaultSwitch {
  let on = new Set<Fault>();
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    has: (fault) => on.has(fault),
    list: () => [...on],
    set(next) {
      on = new Set(next);
      resolve();
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
    changed: () => promise,
  };
}
