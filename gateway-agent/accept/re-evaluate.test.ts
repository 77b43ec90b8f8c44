import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { keepWithin } from '../capacity/open-capacity.ts';
import { enrolDevice, openDeviceRegister } from '../devices/device-register.ts';
import { GatewayError } from '../gateway-error.ts';
import { openKeep } from '../keep/keep.ts';
import { openQuarantine } from '../keep/quarantine.ts';
import { openStore } from '../keep/store.ts';
import { openLog } from '../log/log.ts';
import { type TestDevice, enrolmentOf, newTestDevice, signedMessage } from '../test-device.ts';
import { failInserts, newTestStore, testClock } from '../test-store.ts';
import { openIntake } from './intake.ts';
import { reEvaluate } from './re-evaluate.ts';
import { type VerifyPool, openVerifyPool } from './verify-pool.ts';

let pool: VerifyPool;
beforeAll(() => {
  pool = openVerifyPool(1);
});
afterAll(() => pool.close());

/** The real way from a receiver to the disk. */
function openWay() {
  const { store, dataDir, remove } = newTestStore();
  // Who enrols is another process, and the register notices.
  const other = openStore(dataDir);
  onTestFinished(() => {
    other.close();
    remove();
  });
  const log = openLog(store);
  const quarantine = openQuarantine(store, 1_000_000);
  const register = openDeviceRegister(store);
  const keep = openKeep(store, log, quarantine, { boot: 1, clock: testClock });
  const room = { isFull: false };
  const admit = (): void => {
    if (room.isFull) throw new GatewayError('FULL', 'the store is full');
  };
  const intake = openIntake(
    { pool, register, keep: keepWithin(keep, { admit }), clock: testClock },
    { onKept: () => {}, onLost: () => {} },
  );
  const way = { store, log, quarantine, intake, pool, register, room };
  return { ...way, other, judgeAgain: (id: number) => reEvaluate(id, way) };
}

/** A message that came before its device was enrolled. */
async function refuseOne(way: ReturnType<typeof openWay>, device: TestDevice, seq = 1): Promise<number> {
  const payload = signedMessage(device, { seq });
  expect(await way.intake.take(device.id, payload)).toEqual({ code: 'UNKNOWN_DEVICE' });
  return way.quarantine.newest(1)[0]!.id;
}

test('a message that verifies by now is logged once, however often it is asked, and leaves quarantine', async () => {
  const way = openWay();
  const device = newTestDevice('late');
  const id = await refuseOne(way, device);
  expect(await way.judgeAgain(id)).toMatchObject({ code: 'UNKNOWN_DEVICE' });
  expect(way.quarantine.size()).toBe(1);
  enrolDevice(way.other, enrolmentOf(device), 0);
  const outcomes = await Promise.all([way.judgeAgain(id), way.judgeAgain(id)]);
  expect(outcomes.map(({ code }) => code).toSorted()).toEqual(['DUPLICATE', 'LOGGED']);
  expect(way.log.size()).toBe(1);
  expect(way.quarantine.size()).toBe(0);
  expect(await way.judgeAgain(id)).toEqual({ code: 'GONE' });
});

test('a full store takes none of these either, and it stays for another try', async () => {
  const way = openWay();
  const device = newTestDevice('late');
  const id = await refuseOne(way, device);
  enrolDevice(way.other, enrolmentOf(device), 0);
  way.room.isFull = true;
  expect(await way.judgeAgain(id)).toEqual({ code: 'FULL' });
  expect([way.log.size(), way.quarantine.size()]).toEqual([0, 1]);
  way.room.isFull = false;
  expect(await way.judgeAgain(id)).toMatchObject({ code: 'LOGGED' });
});

test('a failed write leaves it where it is, for another try', async () => {
  const way = openWay();
  const device = newTestDevice('late');
  const id = await refuseOne(way, device);
  enrolDevice(way.other, enrolmentOf(device), 0);
  const fault = failInserts(way.store, 'entries', 0);
  await expect(way.judgeAgain(id)).rejects.toThrow('planted fault');
  fault.stop();
  expect(way.quarantine.size()).toBe(1);
  expect(await way.judgeAgain(id)).toMatchObject({ code: 'LOGGED' });
});

test('what was refused for its topic or its size is not judged again', async () => {
  const way = openWay();
  const device = newTestDevice('known');
  enrolDevice(way.other, enrolmentOf(device), 0);
  const payload = signedMessage(device, { seq: 1 });
  await way.intake.take(device.id, payload, { code: 'IDENTITY_MISMATCH', detail: 'a foreign topic' });
  const [kept] = way.quarantine.newest(1);
  expect(await way.judgeAgain(kept!.id)).toMatchObject({ code: 'IDENTITY_MISMATCH' });
  expect(way.log.size()).toBe(0);
  expect(way.quarantine.size()).toBe(1);
});
