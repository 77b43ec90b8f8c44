import type { Reading } from '@tianyuan/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeviceState, maxSeries } from './device-state.ts';
import { messageFlags } from './flag.ts';
import { type Judgeable, judgeMessage } from './judge-message.ts';
import { packReadings } from './packed-readings.ts';
import { type DeviceRules, builtInRules } from './rule-set.ts';

const start = Date.UTC(2026, 10, 24, 8);
const minute = 60_000;
const hour = 60 * minute;

type Told = { seq: number; at?: number; boot?: number; keyId?: number; readings?: Reading[]; value?: number };

/** A message at so many ms after the start; what is not told is a temperature of 4 °C. */
const message = ({
  seq,
  at = seq * minute,
  boot = 1,
  keyId = 1,
  value = 4_000,
  readings,
}: Told): Judgeable => ({
  keyId,
  boot,
  seq,
  time: start + at,
  readings: packReadings(readings ?? [{ type: 'temperature', value }]),
});

/** The flags of each message in a row, as they arrive: at once, with a clock that is right, unless told. */
function flagsOf(
  messages: Judgeable[],
  {
    rules = {},
    clock = 'synchronised',
    receivedAt,
  }: {
    rules?: Partial<DeviceRules>;
    clock?: 'synchronised' | 'unknown';
    receivedAt?: number;
  } = {},
): string[][] {
  let state: DeviceState | undefined;
  return messages.map((one) => {
    const receipt = { clock, receivedAt: receivedAt ?? one.time };
    const judged = judgeMessage(one, receipt, state, { ...builtInRules, ...rules });
    state = judged.state;
    return judged.flags;
  });
}

const gps = (latitude: number, longitude: number): Reading[] => [
  { type: 'gps', value: [Math.round(latitude * 1e7), Math.round(longitude * 1e7)] },
];

describe('range', () => {
  test('both ends can be, and nothing beyond', () => {
    const at = (value: number) => flagsOf([message({ seq: 1, value })])[0];
    expect([-80_001, -80_000, 85_000, 85_001].map(at)).toEqual([['OUT_OF_RANGE'], [], [], ['OUT_OF_RANGE']]);
  });

  test('one reading of many is enough', () => {
    const readings: Reading[] = [
      { type: 'humidity', value: 50_000 },
      { type: 'door', value: 2 },
    ];
    expect(flagsOf([message({ seq: 1, readings })])).toEqual([['OUT_OF_RANGE']]);
  });

  test('a position has the limits of the earth', () => {
    expect(flagsOf([message({ seq: 1, readings: gps(90, -180) })])).toEqual([[]]);
    expect(flagsOf([message({ seq: 1, readings: gps(90.1, 0) })])).toEqual([['OUT_OF_RANGE']]);
  });
});

describe('rate of change', () => {
  test('is the dictionary’s, over the time between two readings by the device’s clock', () => {
    const next = (value: number) => flagsOf([message({ seq: 1 }), message({ seq: 2, value })])[1];
    expect(next(14_000)).toEqual([]);
    expect(next(14_001)).toEqual(['FAST_CHANGE']);
    expect(next(-6_001)).toEqual(['FAST_CHANGE']);
  });

  test('allows in a second what ten seconds allow: noise is no speed', () => {
    const next = (value: number) =>
      flagsOf([message({ seq: 1, at: 0 }), message({ seq: 2, at: 1_000, value })])[1];
    expect(next(5_666)).toEqual([]);
    expect(next(5_667)).toEqual(['FAST_CHANGE']);
  });

  test('is of each sensor, and found inside a message in whatever order it lists its readings', () => {
    const readings = (sensor: string): Reading[] => [
      { type: 'temperature', sensor, value: 30_000 },
      { type: 'temperature', sensor: 'door', value: 4_000, dt: minute },
    ];
    expect(flagsOf([message({ seq: 1, readings: readings('roof') })])).toEqual([[]]);
    expect(flagsOf([message({ seq: 1, readings: readings('door') })])).toEqual([['FAST_CHANGE']]);
  });

  test('a late message is not compared, and is not what the next one is compared with', () => {
    const messages = [
      message({ seq: 3 }),
      message({ seq: 1, value: 40_000 }),
      message({ seq: 4, value: 5_000 }),
    ];
    expect(flagsOf(messages)).toEqual([[], [], []]);
  });
});

describe('a position', () => {
  test('may move as fast as a truck on a motorway, and no faster', () => {
    const after = (latitude: number) =>
      flagsOf([
        message({ seq: 1, readings: gps(25, 115) }),
        message({ seq: 2, readings: gps(latitude, 115) }),
      ])[1];
    expect(after(25.021)).toEqual([]);
    expect(after(25.023)).toEqual(['GPS_JUMP']);
  });

  test('a degree of longitude is short in the north, and nothing across the date line', () => {
    const move = (from: [number, number], to: [number, number]) =>
      flagsOf([message({ seq: 1, readings: gps(...from) }), message({ seq: 2, readings: gps(...to) })])[1];
    expect(move([0, 100], [0, 100.03])).toEqual(['GPS_JUMP']);
    expect(move([60, 100], [60, 100.03])).toEqual([]);
    expect(move([10, 179.999], [10, -179.999])).toEqual([]);
  });
});

describe('a stuck sensor', () => {
  const still = (count: number, everyMs: number, value = 4_000) =>
    Array.from({ length: count }, (_, i) => message({ seq: i + 1, at: i * everyMs, value }));

  test('says the same for a day, and is flagged until it moves', () => {
    const flags = flagsOf([
      ...still(26, hour),
      message({ seq: 27, at: 26 * hour, value: 4_001 }),
      message({ seq: 28, at: 27 * hour, value: 4_001 }),
    ]);
    expect(flags.map((one) => one.join())).toEqual([...Array(24).fill(''), 'STUCK', 'STUCK', '', '']);
  });

  test('two or three equal readings a day are no sign', () => {
    expect(flagsOf(still(3, 20 * hour)).flat()).toEqual([]);
    expect(flagsOf(still(4, 20 * hour))[3]).toEqual(['STUCK']);
  });

  test('a door, and a truck that is parked, may stay as they are', () => {
    const doors = Array.from({ length: 50 }, (_, i) =>
      message({ seq: i + 1, at: i * hour, readings: i % 2 ? gps(25, 115) : [{ type: 'door', value: 0 }] }),
    );
    expect(flagsOf(doors).flat()).toEqual([]);
  });
});

describe('a gap', () => {
  test('is said of the message after it, once', () => {
    expect(flagsOf([1, 2, 5, 6].map((seq) => message({ seq })))).toEqual([[], [], ['GAP'], []]);
  });

  test('what comes late fills it silently', () => {
    expect(flagsOf([1, 4, 2, 3, 5].map((seq) => message({ seq })))).toEqual([[], ['GAP'], [], [], []]);
  });

  test('a new boot, and a new key, begin at 1', () => {
    const messages = [
      message({ seq: 7, at: 0 }),
      message({ seq: 1, at: 1, boot: 2 }),
      message({ seq: 3, at: 2, boot: 3 }),
      message({ seq: 1, at: 3, boot: 4, keyId: 2 }),
      message({ seq: 8, at: 4, keyId: 1 }), // late, of the old key
    ];
    expect(flagsOf(messages)).toEqual([[], [], ['GAP'], [], []]);
  });

  test('in time is silence: over twice what is expected', () => {
    const rules = { expectedIntervalMs: minute };
    const after = (at: number) =>
      flagsOf([message({ seq: 1, at: 0 }), message({ seq: 2, at })], { rules })[1];
    expect(after(2 * minute)).toEqual([]);
    expect(after(2 * minute + 1)).toEqual(['SILENCE']);
    expect(flagsOf([message({ seq: 1, at: 0 }), message({ seq: 2, at: 9 * hour })])[1]).toEqual([]);
  });
});

describe('time', () => {
  const received = (at: number, told: object = {}) =>
    flagsOf([message({ seq: 1, at })], { receivedAt: start, ...told })[0];

  test('ahead by more than five minutes is skew; old is what was stored offline', () => {
    expect(received(300_000)).toEqual([]);
    expect(received(300_001)).toEqual(['CLOCK_SKEW']);
    expect(received(-30 * 24 * hour)).toEqual([]);
  });

  test('too old is past, where the rules say how old is too old', () => {
    expect(received(-hour, { rules: { maxAgeMs: hour } })).toEqual([]);
    expect(received(-hour - 1, { rules: { maxAgeMs: hour } })).toEqual(['PAST_TIME']);
  });

  test('a clock that was never set is skew', () => {
    expect(received(1_000 - start)).toEqual(['CLOCK_SKEW']);
  });

  test('a gateway that booted in 1970, and says so, holds nothing against a device’s clock', () => {
    expect(received(0, { receivedAt: 5_000 })).toEqual(['CLOCK_SKEW']);
    expect(received(0, { receivedAt: 5_000, clock: 'unknown' })).toEqual([]);
  });

  test('going back inside a boot is past; a new boot may begin anew', () => {
    const messages = [
      message({ seq: 1, at: hour }),
      message({ seq: 2, at: 0 }),
      message({ seq: 1, at: 0, boot: 2 }),
    ];
    expect(flagsOf(messages)).toEqual([[], ['PAST_TIME'], []]);
  });

  test('one glitch into the future is not held against what follows', () => {
    const far = message({ seq: 2, at: 20 * 365 * 24 * hour, value: 80_000 });
    const messages = [message({ seq: 1 }), far, message({ seq: 3 }), message({ seq: 4, value: 30_000 })];
    expect(flagsOf(messages, { receivedAt: start + hour })).toEqual([
      [],
      ['CLOCK_SKEW'],
      [],
      ['FAST_CHANGE'],
    ]);
  });
});

describe('what is remembered', () => {
  test('is bounded, however many sensors a device invents', () => {
    let state: DeviceState | undefined;
    for (let seq = 1; seq <= 3 * maxSeries; seq++) {
      const readings: Reading[] = [{ type: 'temperature', sensor: `s${seq}`, value: 1 }];
      state = judgeMessage(
        message({ seq, readings }),
        { receivedAt: start, clock: 'unknown' },
        state,
        builtInRules,
      ).state;
    }
    expect(Object.keys(state!.series)).toHaveLength(maxSeries);
    expect(state!.series).toHaveProperty([`temperature/s${3 * maxSeries}`]);
  });

  test('outlives a restart: as JSON it judges the same, whatever came', () => {
    const told = fc.record({
      seq: fc.integer({ min: 1, max: 6 }),
      boot: fc.integer({ min: 1, max: 2 }),
      at: fc.integer({ min: -hour, max: hour }),
      value: fc.constantFrom(0, 4_000, 4_001, 90_000),
    });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 20 }), fc.nat(20), (list, restartAt) => {
        let state: DeviceState | undefined;
        let restarted: DeviceState | undefined;
        list.forEach((one, i) => {
          const receipt = { receivedAt: start, clock: 'synchronised' as const };
          if (i === restartAt && state) restarted = JSON.parse(JSON.stringify(state)) as DeviceState;
          const expected = judgeMessage(message(one), receipt, state, builtInRules);
          const found = judgeMessage(message(one), receipt, restarted, builtInRules);
          expect(found).toEqual(expected);
          ({ state } = expected);
          restarted = found.state;
          expect(expected.flags.every((flag) => flag in messageFlags)).toBe(true);
        });
      }),
      { numRuns: 100 },
    );
  });
});
