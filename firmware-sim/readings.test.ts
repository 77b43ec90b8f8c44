import { readingsSchema } from '@tianyuan/protocol/message/readings.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceKinds } from './fleet.ts';
import { takeReadings } from './readings.ts';
import { waveformOf } from './waveforms/waveform-of.ts';

const timeMs = Date.UTC(2026, 7, 1);
const types = (readings: { type: string }[]) => readings.map(({ type }) => type);

describe('readings of a message', () => {
  test('are each channel once, unless told otherwise', () => {
    const waveform = waveformOf('orchard', 'a', 'orchard-01');
    const readings = takeReadings(waveform, { index: 3, timeMs, sinceMs: 1_000 });
    expect(types(readings)).toEqual(['temperature', 'humidity', 'illuminance', 'co2', 'battery']);
    expect(readings[0]).toEqual({ type: 'temperature', value: waveform.channels[0].at(timeMs) });
  });

  test('take turns where there are fewer than channels', () => {
    const waveform = waveformOf('orchard', 'a', 'orchard-01');
    const turns = [0, 1, 2].map((index) =>
      types(takeReadings(waveform, { index, timeMs, sinceMs: 1_000, count: 2 })),
    );
    expect(turns).toEqual([
      ['temperature', 'humidity'],
      ['illuminance', 'co2'],
      ['battery', 'temperature'],
    ]);
  });

  test('are earlier samples too where there are more', () => {
    const waveform = waveformOf('soil', 'a', 'soil-02');
    const readings = takeReadings(waveform, { index: 0, timeMs, sinceMs: 60_000, count: 8 });
    expect(readings.map(({ dt }) => dt)).toEqual([...Array(4).fill(undefined), ...Array(4).fill(30_000)]);
    expect(readings[4]!.value).toBe(waveform.channels[0].at(timeMs - 30_000));
    expect(readings[4]!.sensor).toBe('probe-20cm');
  });

  test('of a truck are every sixth time its position, alone', () => {
    const waveform = waveformOf('truck', 'a', 'truck-03');
    const messages = Array.from({ length: 12 }, (_, index) =>
      types(takeReadings(waveform, { index, timeMs, sinceMs: 1_000, count: 1 })),
    ).flat();
    expect(messages.filter((type) => type === 'gps')).toHaveLength(2);
    expect([messages[5], messages[11]]).toEqual(['gps', 'gps']);
    // the others keep taking turns
    expect(messages.slice(0, 8)).toEqual([
      'temperature',
      'humidity',
      'door',
      'battery',
      'temperature',
      'gps',
      'humidity',
      'door',
    ]);
  });

  test('are what the protocol takes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...deviceKinds),
        fc.nat(1_000),
        fc.integer({ min: 0, max: 1e7 }),
        fc.integer({ min: 1, max: 64 }),
        (kind, index, sinceMs, count) => {
          const readings = takeReadings(waveformOf(kind, 'a', `${kind}-01`), {
            index,
            timeMs,
            sinceMs,
            count,
          });
          expect(readingsSchema.safeParse(readings).success).toBe(true);
          for (const { dt = 0 } of readings) expect(dt === 0 || dt < sinceMs).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});
