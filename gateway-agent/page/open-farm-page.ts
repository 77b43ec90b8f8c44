import type { Hono } from 'hono';
import { type Farm, openFarm } from '../farm.ts';
import { newDeviceStatuses } from '../observe/device-status.ts';
import { registerFarmMetrics } from '../observe/farm-metrics.ts';
import type { Metrics } from '../observe/metrics.ts';
import { openPage } from './open-page.ts';

type Deps = Parameters<typeof openFarm>[0] &
  Omit<Parameters<typeof openPage>[0], 'farm' | 'rssi'> & { metrics: Metrics };

/** The farm, with the page and the metrics that show it. `onStatus` is told what devices say of themselves. */
export function openFarmPage(
  deps: Deps,
): Pick<Farm, 'run'> & { page: Hono; onStatus: (device: string, payload: Uint8Array) => void } {
  const farm = openFarm(deps);
  const statuses = newDeviceStatuses();
  const { routes, read } = openPage({ ...deps, farm, rssi: statuses.rssi });
  registerFarmMetrics(deps.metrics.registry, read, () => farm.webhook?.dropped() ?? 0);
  return { run: farm.run, page: routes, onStatus: statuses.take };
}
