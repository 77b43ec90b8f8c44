import type { Stretch } from '@tianyuan/protocol';
import type { BatchScope } from '../batches/batch-scope.ts';

/** The readings of one device that are a batch's, as ExcursionClaim of the protocol says them, and where to look in them. */
export type DeviceStretches = {
  device: string;
  /** the batch, where its messages that name it are its own */
  named: string | null;
  spans: Stretch[];
  stretches: Stretch[];
};

/**
 * By device. One that the batch lists is looked at in one stretch, whatever the time; any other in each of its spans, which
 * excursions do not outlast. A span that ends after `now` has no end yet.
 */
export function stretchesOf({ batchId, devices, spans }: BatchScope, now: number): DeviceStretches[] {
  const bound = Map.groupBy(spans, ({ device }) => device);
  return [...new Set([...devices, ...bound.keys()])].toSorted().map((device) => {
    const own = (bound.get(device) ?? []).map(({ from, until }): Stretch => ({
      from,
      until: until > now ? null : until,
    }));
    return devices.includes(device)
      ? { device, named: batchId, spans: own, stretches: [{ from: 0, until: null }] }
      : { device, named: null, spans: own, stretches: own };
  });
}
