import { digitalLinkPath } from '@tianyuan/protocol';
import { truckSensors } from './story/truck.ts';

/** What `npm start` shows: navel oranges from an orchard into a cold truck, on one gateway. */
export const demonstration = {
  gateway: 'gw-1',
  origin: 'gw-1.tianyuan.example/log',
  /** the platform's own log */
  platformOrigin: 'trace.tianyuan.example/log',
  organisation: 'Tianyuan demonstration farm',
  batchId: 'oranges-2026-11',
  gtin: '06901234567892',
  lot: 'GN-2026-11',
} as const;

export const pagePath = digitalLinkPath(demonstration);

/** The devices that name the batch themselves: all but the truck's, which are bound to the truck. */
export function accompanying(devices: readonly { device: string }[]): string[] {
  const bound: readonly string[] = truckSensors;
  return devices.map(({ device }) => device).filter((device) => !bound.includes(device));
}

/** The batch as its owner declares it. The agreed limits hold for the cold truck; the orchard has weather. */
export function demonstrationBatch(devices: readonly string[]) {
  return {
    gtin: demonstration.gtin,
    lot: demonstration.lot,
    product: { zh: '赣南脐橙', en: 'Gannan navel oranges' },
    origin: { zh: '江西省赣州市安远县', en: 'Anyuan, Ganzhou, Jiangxi' },
    harvestedAt: Date.UTC(2026, 10, 18, 1),
    limits: [
      {
        type: 'temperature',
        min: 0,
        max: 8_000,
        devices: devices.filter((device) => device.startsWith('truck-')),
      },
    ],
    devices,
    published: true,
  };
}
