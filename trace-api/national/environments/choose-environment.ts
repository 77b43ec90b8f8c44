import { hash } from 'node:crypto';
import type { NationalEnvironments } from './environment.ts';

const buckets = 10_000;

/**
 * Which environment is asked for a code: always the same one for the same code, in every process, so that a batch does
 * not flicker between two. A code that a share has taken in stays in it while the share grows.
 */
export function chooseEnvironment(
  { primary, splits }: Pick<NationalEnvironments, 'primary' | 'splits'>,
  traceCode: string,
): string {
  const open = splits.filter(({ on }) => on);
  const named = open.find(({ prefixes }) => prefixes.some((prefix) => traceCode.startsWith(prefix)));
  if (named !== undefined) return named.environment;
  let share = bucketOf(traceCode);
  for (const { environment, basisPoints } of open) {
    if (share < basisPoints) return environment;
    share -= basisPoints;
  }
  return primary;
}

/** 0 to 9,999; 2^32 is no multiple of that, which favours the low buckets by less than one in 400,000. */
function bucketOf(traceCode: string): number {
  return hash('sha256', traceCode, 'buffer').readUInt32BE(0) % buckets;
}
