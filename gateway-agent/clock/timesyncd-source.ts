import { stat } from 'node:fs/promises';
import type { TimeSource } from './time-source.ts';

/** systemd-timesyncd touches this file whenever it has set the clock from the network (systemd-timesyncd.service(8), Files). */
const marker = '/run/systemd/timesync/synchronized';

/** @param file the marker; its directory is there while timesyncd is */
export function timesyncdSource(now: () => number = Date.now, file: string = marker): TimeSource {
  return {
    name: 'timesyncd',
    async read() {
      try {
        const { mtimeMs } = await stat(file);
        const ageMs = now() - mtimeMs;
        // A clock that was set before the time at which it was right was not set by the network.
        return ageMs < 0 ? { synchronised: false } : { synchronised: true, ageMs };
      } catch {
        // Either no timesyncd, or one that has not yet set the clock since this boot: the others are asked.
        return undefined;
      }
    },
  };
}
