/** What the gateway sees of batches: which device names which, message by message. */
export type BatchWatch = {
  /** Told of every kept message. @returns batches that this message closed */
  see: (device: string, batch: string | undefined, nowMs: number) => string[];
  /** Batches that no device has named for the quiet time. To be asked now and then. */
  closeQuiet: (nowMs: number) => string[];
};

/** Devices and batches that are followed at once; more than a farm has. The longest silent is forgotten first. */
const maxDevices = 10_000;

/**
 * A batch is closed, for the gateway, when the last device that named it names another one or none, or when none has
 * named it for `quietMs`. A batch that goes on after that is opened again, and closed again: an anchor more, nothing
 * worse. Nothing is kept over a restart, after which the log is anchored anyhow.
 * @param quietMs monotonic, as all times here
 */
export function newBatchWatch(quietMs: number): BatchWatch {
  /** in the order of their last message, oldest first */
  const devices = new Map<string, { batch: string; seenMs: number }>();
  const carriers = new Map<string, number>();

  function leave(device: string): string[] {
    const before = devices.get(device);
    if (before === undefined) return [];
    devices.delete(device);
    const left = carriers.get(before.batch)! - 1;
    if (left > 0) {
      carriers.set(before.batch, left);
      return [];
    }
    carriers.delete(before.batch);
    return [before.batch];
  }

  return {
    see(device, batch, nowMs) {
      const before = devices.get(device);
      if (before !== undefined && before.batch === batch) {
        devices.delete(device);
        devices.set(device, { batch, seenMs: nowMs });
        return [];
      }
      const closed = leave(device);
      if (batch === undefined) return closed;
      carriers.set(batch, (carriers.get(batch) ?? 0) + 1);
      devices.set(device, { batch, seenMs: nowMs });
      if (devices.size > maxDevices) closed.push(...leave(devices.keys().next().value!));
      return closed;
    },
    closeQuiet(nowMs) {
      const closed: string[] = [];
      for (const [device, { seenMs }] of devices) {
        if (nowMs - seenMs < quietMs) break;
        closed.push(...leave(device));
      }
      return closed;
    },
  };
}
