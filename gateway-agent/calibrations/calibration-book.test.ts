import { expect, onTestFinished, test } from 'vitest';
import { enrolDevice } from '../devices/device-register.ts';
import { openKeep } from '../keep/keep.ts';
import { openQuarantine } from '../keep/quarantine.ts';
import { openLog } from '../log/log.ts';
import { enrolmentOf, newTestDevice } from '../test-device.ts';
import { failInserts, newTestStore, testClock } from '../test-store.ts';
import {
  addCalibration,
  listCalibrations,
  logCalibrations,
  readCalibrationStates,
  removeCalibration,
} from './calibration-book.ts';
import { type Calibration, calibrationSchema, parseDay } from './calibration.ts';

const certificate = (told: Partial<Calibration> = {}): Calibration => ({
  device: 'north',
  sensor: '',
  type: 'temperature',
  certificate: 'ab'.repeat(32),
  issuer: '陕西省计量科学研究院',
  validFrom: 1000,
  validUntil: 2000,
  ...told,
});

function openBook() {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  enrolDevice(store, enrolmentOf(newTestDevice('north')), 0);
  const log = openLog(store);
  const keep = openKeep(store, log, openQuarantine(store, 1_000_000), { boot: 1, clock: testClock });
  const statements = () =>
    (store.sqlite.prepare('SELECT payload FROM entries ORDER BY idx').pluck().all() as Buffer[]).map(
      (payload) => JSON.parse(payload.toString()) as Record<string, unknown>,
    );
  return { store, log, keep, statements };
}

test('a certificate holds from its first moment to the one before its end, for its sensor alone', () => {
  const { store } = openBook();
  addCalibration(store, certificate({ sensor: 'probe-1' }), 0);
  const state = readCalibrationStates(store);
  const sensor = { device: 'north', sensor: 'probe-1', type: 'temperature' } as const;
  expect([999, 1000, 1999, 2000].map((at) => state(sensor, at))).toEqual([
    'expired',
    'calibrated',
    'calibrated',
    'expired',
  ]);
  expect(state({ ...sensor, sensor: 'probe-2' }, 1500)).toBe('none');
  expect(state({ ...sensor, type: 'humidity' }, 1500)).toBe('none');
});

test('what is noted and taken back is logged once each, and survives a failed write', () => {
  const { store, keep, log, statements } = openBook();
  const id = addCalibration(store, certificate(), 5);
  expect(addCalibration(store, certificate(), 6)).toBe(id);
  const fault = failInserts(store, 'entries', 0);
  expect(() => logCalibrations(store, keep)).toThrow('planted fault');
  fault.stop();
  expect(log.size()).toBe(0);
  expect(logCalibrations(store, keep)).toBe(1);
  expect(logCalibrations(store, keep)).toBe(0);
  removeCalibration(store, id, 7);
  expect(listCalibrations(store)).toEqual([]);
  expect(logCalibrations(store, keep)).toBe(1);
  expect(logCalibrations(store, keep)).toBe(0);
  expect(statements()).toMatchObject([
    { statement: 'calibration', change: 'added', ...certificate() },
    { statement: 'calibration', change: 'removed', ...certificate() },
  ]);
});

test('one that came and went between two looks is logged as both', () => {
  const { store, keep, statements } = openBook();
  removeCalibration(store, addCalibration(store, certificate(), 5), 6);
  expect(logCalibrations(store, keep)).toBe(2);
  expect(statements().map(({ change }) => change)).toEqual(['added', 'removed']);
});

test('a stranger, a second removal and impossible certificates are refused in words', () => {
  const { store } = openBook();
  expect(() => addCalibration(store, certificate({ device: 'south' }), 0)).toThrow('south is not enrolled');
  expect(() => removeCalibration(store, 1, 0)).toThrow('there is no certificate 1');
  expect(calibrationSchema.safeParse(certificate({ validUntil: 1000 })).success).toBe(false);
  expect(calibrationSchema.safeParse(certificate({ certificate: 'AB'.repeat(32) })).success).toBe(false);
});

test('days are days of the calendar', () => {
  expect(parseDay('2026-05-01')).toBe(Date.UTC(2026, 4, 1));
  expect(parseDay('2026-05-01', true)).toBe(Date.UTC(2026, 4, 2));
  expect(['2026-02-30', '1.5.2026', '2026-5-1', ''].map((text) => parseDay(text))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
