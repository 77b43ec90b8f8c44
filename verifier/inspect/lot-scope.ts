import { type Message, plainReadings } from '@tianyuan/protocol';
import type { Exposure, View } from './answers.ts';

/** Which readings are a lot's: those whose message names it, and those of devices in the times in which they measured it. */
export type LotScope = { batchId: string; devices: ReadonlySet<string>; exposures: readonly Exposure[] };

export function scopeOf(
  { batchId, devices }: Pick<View, 'batchId' | 'devices'>,
  exposures: readonly Exposure[],
): LotScope {
  return { batchId, devices: new Set(devices), exposures };
}

/** Whether a message names the lot, from one of its devices. */
export function namesLot({ batch, device }: Message, scope: LotScope): boolean {
  return batch === scope.batchId && scope.devices.has(device);
}

export function isExposed(device: string, time: number, { exposures }: LotScope): boolean {
  return exposures.some(
    (one) => one.device === device && one.from <= time && (one.until === null || time < one.until),
  );
}

/** Whether any of a message's readings are the lot's. */
export function reachesLot(message: Message, scope: LotScope): boolean {
  return (
    namesLot(message, scope) ||
    plainReadings(message).some(({ time }) => isExposed(message.device, time, scope))
  );
}
