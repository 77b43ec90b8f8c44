import type { LatestReading, SensorName } from './watch-store.ts';

/** The newest reading of each sensor, in memory; the store has a copy. */
export type LatestReadings = {
  /** Told of every reading; one that was measured earlier changes nothing. */
  take: (reading: LatestReading) => void;
  all: () => LatestReading[];
  /** what changed since {@link LatestReadings.stored} */
  unsaved: () => { latest: LatestReading[]; forgotten: SensorName[] };
  stored: () => void;
};

/**
 * Of one device, for which names of sensors cost nothing: twice what goes into one message. The one that was silent for the
 * longest makes room. With as many devices as the owner enrols, this bounds the table, the page and the metrics.
 */
export const maxSensorsPerDevice = 128;

/** @param saved what the store had */
export function newLatestReadings(saved: readonly LatestReading[]): LatestReadings {
  /** by device, then by sensor, the one that was heard last at the end */
  const devices = new Map<string, Map<string, LatestReading>>();
  const changed = new Map<string, LatestReading>();
  const forgotten = new Map<string, SensorName>();

  function put(reading: LatestReading): void {
    const sensors = devices.get(reading.device) ?? new Map<string, LatestReading>();
    devices.set(reading.device, sensors);
    const name = sensorOf(reading);
    sensors.delete(name);
    sensors.set(name, reading);
    forgotten.delete(nameOf(reading));
    if (sensors.size <= maxSensorsPerDevice) return;
    const [silent, last] = sensors.entries().next().value!;
    sensors.delete(silent);
    changed.delete(nameOf(last));
    forgotten.set(nameOf(last), last);
  }
  for (const reading of saved.toSorted((a, b) => a.receivedAt - b.receivedAt)) put(reading);

  return {
    take(reading) {
      const before = devices.get(reading.device)?.get(sensorOf(reading));
      if (before !== undefined && before.time > reading.time) return;
      changed.set(nameOf(reading), reading);
      put(reading);
    },
    all: () => [...devices.values()].flatMap((sensors) => [...sensors.values()]),
    unsaved: () => ({ latest: [...changed.values()], forgotten: [...forgotten.values()] }),
    stored() {
      changed.clear();
      forgotten.clear();
    },
  };
}

const sensorOf = ({ type, sensor }: SensorName): string => `${type}/${sensor}`;
const nameOf = (one: SensorName): string => `${one.device}/${sensorOf(one)}`;
