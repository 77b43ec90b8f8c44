import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxSensorsPerDevice, newLatestReadings } from './latest-readings.ts';
import type { LatestReading } from './watch-store.ts';

const reading = (sensor: string, time: number, device = 'truck'): LatestReading => {
  return { device, sensor, type: 'temperature', value: time, time, receivedAt: time };
};

test('a sensor’s newest reading counts, by the time at which it was measured', () => {
  const latest = newLatestReadings([reading('a', 5)]);
  latest.take(reading('a', 4));
  expect(latest.unsaved().latest).toEqual([]);
  latest.take(reading('a', 6));
  expect(latest.all()).toEqual([reading('a', 6)]);
  expect(latest.unsaved()).toEqual({ latest: [reading('a', 6)], forgotten: [] });
  latest.stored();
  expect(latest.unsaved()).toEqual({ latest: [], forgotten: [] });
});

test('a device that invents sensors has its silent ones forgotten, and takes no other device’s place', () => {
  const latest = newLatestReadings([reading('door', 1, 'room'), reading('silent', 2)]);
  for (let i = 0; i < maxSensorsPerDevice; i++) latest.take(reading(`invented-${i}`, 10 + i));
  expect(latest.all()).toHaveLength(maxSensorsPerDevice + 1);
  expect(latest.all()).toContainEqual(reading('door', 1, 'room'));
  expect(latest.unsaved().forgotten).toEqual([reading('silent', 2)]);
  latest.take(reading('silent', 1000));
  expect(latest.unsaved().forgotten.map(({ sensor }) => sensor)).toEqual(['invented-0']);
});

test('what was stored under a larger bound, or by an older version, is cut at the start', () => {
  const saved = Array.from({ length: maxSensorsPerDevice + 3 }, (_, i) => reading(`s${i}`, i));
  const latest = newLatestReadings(saved);
  expect(latest.all()).toHaveLength(maxSensorsPerDevice);
  expect(latest.unsaved().forgotten.map(({ sensor }) => sensor)).toEqual(['s0', 's1', 's2']);
});

test('a store that takes what is unsaved has what memory has', () => {
  const steps = fc.array(
    fc.record({ sensor: fc.nat(2 * maxSensorsPerDevice), time: fc.nat(50), save: fc.boolean() }),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const latest = newLatestReadings([]);
      const stored = new Map<string, LatestReading>();
      const save = () => {
        const { latest: changed, forgotten } = latest.unsaved();
        for (const one of changed) stored.set(one.sensor, one);
        for (const { sensor } of forgotten) stored.delete(sensor);
        latest.stored();
      };
      for (const step of all) {
        latest.take(reading(`s${step.sensor}`, step.time));
        if (step.save) save();
      }
      save();
      const inOrder = (some: Iterable<LatestReading>) =>
        [...some].toSorted((a, b) => a.sensor.localeCompare(b.sensor));
      expect(inOrder(stored.values())).toEqual(inOrder(latest.all()));
    }),
    { numRuns: 30 },
  );
});
