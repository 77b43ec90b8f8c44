import { badSignature } from './bad-signature.ts';
import { clockSkew } from './clock-skew.ts';
import { equivocate } from './equivocate.ts';
import type { Fault, FaultName } from './fault.ts';
import { gap } from './gap.ts';
import { malformed } from './malformed.ts';
import { outOfRange } from './out-of-range.ts';
import { replay } from './replay.ts';
import { stuck } from './stuck.ts';

/** Every way in which a device can misbehave. */
export const faults = {
  'bad-signature': badSignature,
  replay,
  equivocate,
  'clock-skew': clockSkew,
  gap,
  stuck,
  'out-of-range': outOfRange,
  malformed,
} as const satisfies Record<FaultName, Fault>;
