import type { Observation } from './alarm-machine.ts';
import type { ColdChainRule } from './alarm-rules.ts';
import { type KineticSum, addSums, kineticSum, meanKineticTemperature } from './mean-kinetic-temperature.ts';

/** What is remembered of one sensor under one rule. Times are the device's, Unix ms. */
export type ColdChainMemory = {
  time: number;
  milliC: number;
  /** sums of the time before, in 24ths of the window */
  parts: [part: number, sum: KineticSum][];
};

export type ColdReading = { device: string; sensor: string; time: number; milliC: number };

/** A reading stands for the time until the next one, but no longer: nobody knows what an hour without readings was like. */
const maxStandsForMs = 15 * 60_000;
const partsAWindow = 24;

export function ruleApplies(
  rule: ColdChainRule,
  { device, sensor }: Pick<ColdReading, 'device' | 'sensor'>,
): boolean {
  return (
    (rule.devices === undefined || rule.devices.includes(device)) &&
    (rule.sensor === undefined || rule.sensor === sensor)
  );
}

/** What a temperature is to a rule's limits: outside, inside by the hysteresis, or in between. Pure. */
export function observeTemperature(
  { maxMilliC = Infinity, minMilliC = -Infinity, hysteresisMilliC }: ColdChainRule,
  milliC: number,
): Observation {
  if (milliC > maxMilliC || milliC < minMilliC) return 'bad';
  // Limits closer together than twice the hysteresis leave their middle.
  const margin = Math.min(hysteresisMilliC, (maxMilliC - minMilliC) / 2);
  return milliC <= maxMilliC - margin && milliC >= minMilliC + margin ? 'good' : 'unclear';
}

/** Takes the sensor's next reading; undefined for one that is not later than the last, which changes nothing. Pure. */
export function takeReading(
  memory: ColdChainMemory | undefined,
  { time, milliC }: Pick<ColdReading, 'time' | 'milliC'>,
  { mktWindowMs }: ColdChainRule,
): ColdChainMemory | undefined {
  if (memory === undefined) return { time, milliC, parts: [] };
  if (time <= memory.time) return undefined;
  const partMs = mktWindowMs / partsAWindow;
  const stoodForMs = Math.min(time - memory.time, maxStandsForMs);
  const part = Math.floor(memory.time / partMs);
  const oldest = Math.floor(time / partMs) - partsAWindow;
  const parts = memory.parts.filter(([number]) => number >= oldest);
  const added = kineticSum(memory.milliC, stoodForMs);
  const last = parts.at(-1);
  if (last?.[0] === part) parts[parts.length - 1] = [part, addSums([last[1], added])];
  else if (part >= oldest) parts.push([part, added]);
  return { time, milliC, parts };
}

/** The mean kinetic temperature of the window, m°C; undefined while readings cover less than half of it. Pure. */
export function mktOf({ parts }: ColdChainMemory, { mktWindowMs }: ColdChainRule): number | undefined {
  const sum = addSums(parts.map(([, one]) => one));
  return sum.durationMs >= mktWindowMs / 2 ? meanKineticTemperature(sum) : undefined;
}
