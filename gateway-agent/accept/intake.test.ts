import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { enrolDevice, openDeviceRegister } from '../devices/device-register.ts';
import { type Outcome, openKeep } from '../keep/keep.ts';
import { openQuarantine } from '../keep/quarantine.ts';
import { openLog } from '../log/log.ts';
import { type TestDevice, enrolmentOf, newTestDevice, signedCose, signedMessage } from '../test-device.ts';
import { failInserts, newTestStore, testClock } from '../test-store.ts';
import { type Intake, openIntake } from './intake.ts';
import type { RefusedMessage, Verdict } from './verify-message.ts';
import { type VerifyPool, openVerifyPool } from './verify-pool.ts';

/** The real way from intake to disk, behind a pool. */
function openTestIntake(pool: VerifyPool, devices: readonly TestDevice[] = []) {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  for (const device of devices) enrolDevice(store, enrolmentOf(device), 0);
  const log = openLog(store);
  const quarantine = openQuarantine(store, 1024 * 1024);
  const keep = openKeep(store, log, quarantine, { boot: 1, clock: testClock });
  const commits: (readonly Outcome[])[] = [];
  const losses: { error: unknown; messages: number }[] = [];
  const intake = openIntake(
    { pool, register: openDeviceRegister(store), keep, clock: testClock },
    {
      onKept: (outcomes) => commits.push(outcomes),
      onLost: (error, messages) => losses.push({ error, messages }),
    },
  );
  const payloads = () =>
    (store.sqlite.prepare('SELECT payload FROM entries ORDER BY idx').pluck().all() as Buffer[]).map(String);
  return { store, log, quarantine, intake, commits, losses, payloads };
}

/** A pool that answers when the test says so; a payload `name:seq` is verified as that. */
function newHeldPool() {
  const asked: { payloads: string[]; answer: () => void; die: () => void }[] = [];
  const pool: VerifyPool = {
    verify: (messages) =>
      new Promise((resolve, reject) => {
        const payloads = messages.map(({ payload }) => Buffer.from(payload).toString());
        asked.push({
          payloads,
          answer: () => resolve(payloads.map(verified)),
          die: () => reject(new Error('the thread died')),
        });
      }),
    close: () => Promise.resolve(),
  };
  return { pool, asked };
}

function verified(payload: string): Verdict {
  const [name = '', seq] = payload.split(':');
  return {
    code: 'VERIFIED',
    keyId: name.charCodeAt(0),
    boot: 1,
    seq: Number(seq),
    time: 0,
    readings: { numbers: new Float64Array(), sensors: [] },
  };
}

const instantPool: VerifyPool = {
  verify: (messages) =>
    Promise.resolve(messages.map(({ payload }) => verified(Buffer.from(payload).toString()))),
  close: () => Promise.resolve(),
};

const take = (intake: Intake, message: string, refusal?: RefusedMessage) =>
  intake.take(message.split(':')[0]!, Buffer.from(message), refusal);

/** Hands over a batch: what is taken in one turn of the loop. */
async function takeBatch(intake: Intake, ...messages: string[]) {
  const taken = messages.map((message) => {
    const outcome = take(intake, message);
    outcome.catch(() => {}); // looked at later
    return outcome;
  });
  await nextTurn();
  return taken;
}

const states = async (taken: Promise<Outcome>[]) =>
  (await Promise.allSettled(taken)).map(({ status }) => status);

describe('the intake', () => {
  test('commits batches in the order in which they came, whichever thread is first', async () => {
    const { pool, asked } = newHeldPool();
    const { intake, payloads } = openTestIntake(pool);
    const taken = [
      ...(await takeBatch(intake, 'a:1', 'a:2')),
      ...(await takeBatch(intake, 'a:3')),
      ...(await takeBatch(intake, 'a:4')),
    ];
    expect(asked.map((batch) => batch.payloads)).toEqual([['a:1', 'a:2'], ['a:3'], ['a:4']]);
    asked[2]!.answer();
    asked[1]!.answer();
    await nextTurn();
    await nextTurn();
    expect(payloads()).toEqual([]);
    asked[0]!.answer();
    expect(await Promise.all(taken)).toEqual([0, 1, 2, 3].map((index) => ({ code: 'LOGGED', index })));
    expect(payloads()).toEqual(['a:1', 'a:2', 'a:3', 'a:4']);
  });

  test('takes both profiles on real threads, and one seq in both is equivocation', async () => {
    const device = newTestDevice('truck');
    const pool = openVerifyPool(1);
    onTestFinished(() => pool.close());
    const { intake, store } = openTestIntake(pool, [device]);
    const sent = [
      signedCose(device, { seq: 1 }),
      signedMessage(device, { seq: 2 }),
      signedMessage(device, { seq: 1 }),
      signedCose(device, { seq: 2 }),
      signedCose(device, { seq: 3 }),
    ];
    const outcomes = await Promise.all([...sent, sent[0]!].map((payload) => intake.take(device.id, payload)));
    expect(outcomes.map(({ code }) => code)).toEqual([
      'LOGGED',
      'LOGGED',
      'EQUIVOCATION',
      'EQUIVOCATION',
      'LOGGED',
      'DUPLICATE',
    ]);
    const kept = store.sqlite.prepare('SELECT payload FROM entries ORDER BY idx').pluck().all();
    expect(kept).toEqual(sent);
  });

  test('keeps the order of many devices over several real threads', async () => {
    const devices = ['north', 'south', 'truck'].map(newTestDevice);
    const pool = openVerifyPool(3);
    onTestFinished(() => pool.close());
    const { intake, payloads } = openTestIntake(pool, devices);
    const sent = Array.from({ length: 90 }, (_, i) => {
      const device = devices[i % 3]!;
      return { device, payload: signedMessage(device, { seq: 1 + Math.floor(i / 3) }) };
    });
    const taken: Promise<Outcome>[] = [];
    for (const { device, payload } of sent) {
      taken.push(intake.take(device.id, payload));
      if (taken.length % 4 === 0) await nextTurn();
    }
    expect((await Promise.all(taken)).map(({ code }) => code)).toEqual(sent.map(() => 'LOGGED'));
    expect(payloads()).toEqual(sent.map(({ payload }) => payload.toString()));
  });

  test('a thread that dies rejects its batch, and what came later of the same devices; the rest is kept', async () => {
    const { pool, asked } = newHeldPool();
    const { intake, payloads, losses, commits } = openTestIntake(pool);
    const first = await takeBatch(intake, 'a:1', 'b:1');
    const dying = await takeBatch(intake, 'a:2');
    const later = await takeBatch(intake, 'b:2', 'a:3', 'b:3');
    const gathered = ['a:4', 'b:4'].map((message) => take(intake, message));
    const all = [...first, ...dying, ...later, ...gathered];
    asked[0]!.answer();
    asked[1]!.die();
    asked[2]!.answer();
    await nextTurn();
    await nextTurn();
    asked[3]!.answer();
    expect(await states(all)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(payloads()).toEqual(['a:1', 'b:1', 'b:2', 'b:3', 'b:4']);
    expect(losses).toMatchObject([{ messages: 3 }]);
    expect(commits.flat()).toHaveLength(5);
    // The device comes again with what was not acknowledged.
    const again = await takeBatch(intake, 'a:2', 'a:3', 'a:4');
    asked.at(-1)!.answer();
    expect(await Promise.all(again)).toMatchObject([
      { code: 'LOGGED' },
      { code: 'LOGGED' },
      { code: 'LOGGED' },
    ]);
    expect(payloads().filter((payload) => payload.startsWith('a'))).toEqual(['a:1', 'a:2', 'a:3', 'a:4']);
  });

  test('what a device hands over just when its batch is lost is lost too, though no thread has it yet', async () => {
    const { pool, asked } = newHeldPool();
    const { intake, payloads } = openTestIntake(pool);
    const dying = await takeBatch(intake, 'a:1');
    asked[0]!.die();
    await Promise.allSettled([Promise.reject(new Error('a few microtasks'))]);
    const gathered = takeBatch(intake, 'a:2', 'b:1');
    expect(await states(dying)).toEqual(['rejected']);
    asked[1]?.answer();
    await nextTurn();
    asked[1]?.answer();
    expect(await states(await gathered)).toEqual(['rejected', 'fulfilled']);
    expect(payloads()).toEqual(['b:1']);
  });

  test('a commit that fails rejects all of it and keeps nothing; the next one goes on at the same index', async () => {
    const { store, log, intake, payloads, losses, quarantine } = openTestIntake(instantPool);
    await take(intake, 'a:1');
    const fault = failInserts(store, 'entries', 1);
    expect(await states(await takeBatch(intake, 'a:2', 'b:1', 'a:1'))).toEqual([
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect(losses).toMatchObject([{ error: { message: 'planted fault' }, messages: 3 }]);
    expect(log.size()).toBe(1);
    expect(quarantine.counts()).toEqual({});
    fault.stop();
    expect(await Promise.all(await takeBatch(intake, 'a:2', 'b:1'))).toEqual([
      { code: 'LOGGED', index: 1 },
      { code: 'LOGGED', index: 2 },
    ]);
    expect(payloads()).toEqual(['a:1', 'a:2', 'b:1']);
  });

  test('keys that cannot be read reject what was taken, and end nothing', async () => {
    const { store, intake, losses } = openTestIntake(instantPool);
    store.sqlite.exec('ALTER TABLE device_keys RENAME TO hidden');
    await expect(take(intake, 'a:1')).rejects.toThrow('device_keys');
    expect(losses).toHaveLength(1);
    store.sqlite.exec('ALTER TABLE hidden RENAME TO device_keys');
    expect(await take(intake, 'a:1')).toEqual({ code: 'LOGGED', index: 0 });
  });

  test('a commit has a bound, and what is over it waits a turn', async () => {
    const { pool, asked } = newHeldPool();
    const { intake, commits } = openTestIntake(pool);
    const taken = await takeBatch(intake, ...Array.from({ length: 3000 }, (_, i) => `a:${i + 1}`));
    expect(asked.map(({ payloads }) => payloads.length)).toEqual([512, 512, 512, 512, 512, 440]);
    for (const batch of asked) batch.answer();
    await Promise.all(taken);
    expect(commits.map((outcomes) => outcomes.length)).toEqual([512, 512, 512, 512, 512, 440]);
  });

  test('what was verified while a commit ran is committed together', async () => {
    const { pool, asked } = newHeldPool();
    const { intake, commits } = openTestIntake(pool);
    const taken = [];
    for (let i = 1; i <= 10; i++) taken.push(...(await takeBatch(intake, `a:${i}`)));
    for (const batch of asked) batch.answer();
    await Promise.all(taken);
    expect(commits.map((outcomes) => outcomes.length)).toEqual([10]);
  });

  test('is idle when all that was taken is decided, failures included', async () => {
    const { pool, asked } = newHeldPool();
    const { intake } = openTestIntake(pool);
    await intake.idle();
    const [kept] = await takeBatch(intake, 'a:1');
    const [lost] = await takeBatch(intake, 'b:1');
    let idle = false;
    const waiting = intake.idle().then(() => (idle = true));
    asked[0]!.answer();
    await kept;
    expect(idle).toBe(false);
    asked[1]!.die();
    await expect(lost).rejects.toThrow('died');
    await waiting;
  });

  test('the receiver’s refusal stands before the verdict, but for the size', async () => {
    const device = newTestDevice('wide');
    const pool = openVerifyPool(1);
    onTestFinished(() => pool.close());
    const { intake } = openTestIntake(pool, [device]);
    const refusal: RefusedMessage = { code: 'IDENTITY_MISMATCH', detail: 'a foreign topic' };
    expect(await intake.take('wide', signedMessage(device, { seq: 1 }), refusal)).toEqual({
      code: 'IDENTITY_MISMATCH',
    });
    expect(await intake.take('wide', Buffer.alloc(20_000), refusal)).toEqual({ code: 'TOO_LARGE' });
    expect(await intake.take('wide', signedMessage(device, { seq: 1 }))).toMatchObject({ code: 'LOGGED' });
  });
});
