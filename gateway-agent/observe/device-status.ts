import { z } from 'zod';

/** What devices say of themselves on `ty/v1/{gateway}/{device}/status`, unsigned: shown to the owner and to nobody else. */
export type DeviceStatuses = {
  take: (device: string, payload: Uint8Array) => void;
  /** dBm, as last reported since the start */
  rssi: (device: string) => number | undefined;
};

/** A last will is often a word; a status that is JSON may say how well the device hears its access point. */
const statusSchema = z.object({ rssi: z.int().min(-200).max(0) });
const maxStatusBytes = 1024;

export function newDeviceStatuses(): DeviceStatuses {
  // Bounded by the register: only authenticated devices have a status.
  const rssi = new Map<string, number>();
  return {
    take(device, payload) {
      if (payload.length > maxStatusBytes) return;
      const parsed = statusSchema.safeParse(parseJson(payload));
      if (parsed.success) rssi.set(device, parsed.data.rssi);
    },
    rssi: (device) => rssi.get(device),
  };
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
}
