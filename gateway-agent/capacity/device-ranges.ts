import { type DeviceRange, ProtocolError, maxTombstoneDevices, parseMessage } from '@tianyuan/protocol';

/** Gathers whose messages a run of payloads holds, for its tombstone. */
export type DeviceRanges = {
  /** @returns false where the message would need a range more than a tombstone has; it is not counted then */
  add: (payload: Uint8Array) => boolean;
  list: () => DeviceRange[];
};

export function newDeviceRanges(): DeviceRanges {
  const ranges = new Map<string, DeviceRange>();
  return {
    add(payload) {
      const message = read(payload);
      if (message === undefined) return true;
      const { device, key, boot, seq, batch } = message;
      const name = JSON.stringify([device, key, boot, batch]);
      const known = ranges.get(name);
      if (known === undefined && ranges.size >= maxTombstoneDevices) return false;
      ranges.set(name, {
        ...(batch !== undefined && { batch }),
        boot,
        count: (known?.count ?? 0) + 1,
        device,
        firstSeq: Math.min(known?.firstSeq ?? seq, seq),
        key,
        lastSeq: Math.max(known?.lastSeq ?? seq, seq),
      });
      return true;
    },
    list: () => [...ranges.values()],
  };
}

/** What is logged was verified once; what cannot be read all the same is evicted under the index range alone. */
function read(payload: Uint8Array) {
  try {
    return parseMessage(payload).message;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
