import { noiseKey, uniform } from '../waveforms/noise.ts';
import type { FaultName } from './fault.ts';
import { stuckMessages } from './stuck.ts';

export type FaultStream = {
  /** How the next message misbehaves; undefined for a good one. */
  next: () => FaultName | undefined;
  /** The numbers that faults draw their details from, in [0, 1). */
  random: () => number;
};

/**
 * One device's misbehaviour in one boot: the same seed gives the same faults at the same messages. When one comes is left
 * to chance; which one goes round the list, and each device starts at another place, so that a short run of a few
 * devices shows them all.
 *
 * @param rate the share of messages that misbehave; a stuck episode counts with its every message
 * @param place the device's place in its fleet
 */
export function faultStream(setting: {
  seed: string;
  device: string;
  boot: number;
  place: number;
  faults: readonly FaultName[];
  rate: number;
}): FaultStream {
  const { seed, device, boot, place, faults, rate } = setting;
  const key = noiseKey(seed, device, boot, 'faults');
  let drawn = 0;
  const random = () => uniform(key, drawn++);

  const lengthOf = (fault: FaultName) => (fault === 'stuck' ? stuckMessages : 1);
  const meanLength = faults.reduce((sum, fault) => sum + lengthOf(fault), 0) / faults.length;
  // Well-behaved stretches are geometric with this chance to end; a fault of length L then follows. The long-run share
  // of faulty messages is L / (L + (1 − p) / p), which is `rate` for this p.
  const chance = rate === 0 ? 0 : rate / (rate + meanLength * (1 - rate));
  let turn = place;
  let stuckLeft = 0;

  const next = (): FaultName | undefined => {
    if (stuckLeft > 0) {
      stuckLeft--;
      return 'stuck';
    }
    if (faults.length === 0 || random() >= chance) return undefined;
    const fault = faults[turn++ % faults.length]!;
    if (fault === 'stuck') stuckLeft = stuckMessages - 1;
    return fault;
  };
  return { next, random };
}
