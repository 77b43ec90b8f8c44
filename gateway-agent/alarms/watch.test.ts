import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { enrolDevice, listDevices, openDeviceRegister } from '../devices/device-register.ts';
import { verifyMessage } from '../accept/verify-message.ts';
import { verifyEd25519 } from '@tianyuan/protocol';
import { openKeep } from '../keep/keep.ts';
import { openQuarantine } from '../keep/quarantine.ts';
import { openLog } from '../log/log.ts';
import { enrolmentOf, newTestDevice, signedMessage } from '../test-device.ts';
import { failInserts, newTestStore } from '../test-store.ts';
import { alarmRulesSchema } from './alarm-rules.ts';
import { type LoggedChange, type Surroundings, openWatch } from './watch.ts';

const minute = 60_000;
const start = 1_800_000_000_000;
const truck = newTestDevice('truck');

const rules = alarmRulesSchema.parse({
  coldChain: [{ name: 'cold', maxMilliC: 8000, forMs: 10 * minute, clearAfterMs: 5 * minute }],
  accountMinWei: '1000',
});

/** A gateway's keep and watch over a real store, in a world whose clocks and surroundings the test sets. */
function openWorld(judgedBy = rules) {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  enrolDevice(store, enrolmentOf(truck), 0);
  const world = { wall: start, mono: 0, boot: 1, seq: 0, lines: [] as string[] };
  const around: ReturnType<Surroundings> = {
    devices: listDevices(store).map(({ device }) => device),
    clockIsSynchronised: true,
    usedPermille: 100,
    links: new Map(),
    refused: 0,
    accountWei: undefined,
    expiredCalibrations: new Map(),
  };
  function begin() {
    const log = openLog(store);
    const clock = {
      now: () => world.wall,
      sinceBootMs: () => world.mono,
      state: () => 'synchronised' as const,
    };
    const keep = openKeep(store, log, openQuarantine(store, 1_000_000), { boot: world.boot, clock });
    const stored: LoggedChange[] = [];
    const watch = openWatch({
      store,
      keep,
      rules: judgedBy,
      surroundings: () => around,
      boot: world.boot,
      now: clock.now,
      sinceBootMs: clock.sinceBootMs,
      logSize: log.size,
      onLogged: () => {},
      onStored: (changes) => stored.push(...changes),
      logger: pino({ level: 'error' }, { write: (line: string) => void world.lines.push(line) }),
    });
    return { keep, watch, log, stored };
  }
  let running = begin();
  function take(payload: Buffer, code: string): void {
    const keyring = openDeviceRegister(store).keyring();
    const verdict = verifyMessage(payload, truck.id, keyring, verifyEd25519);
    const arrival = { device: truck.id, payload, receivedAt: world.wall, sinceBootMs: world.mono, verdict };
    expect(running.keep.keep([arrival])).toMatchObject([{ code }]);
  }
  const words = () =>
    running.stored.map(({ change, kind, subject }) => `${change} ${kind} ${subject}`.trim());
  return {
    store,
    world,
    around,
    words,
    watch: () => running.watch,
    /** time passes, on both clocks */
    pass(ms: number): void {
      world.wall += ms;
      world.mono += ms;
    },
    async look(): Promise<string[]> {
      running.stored.length = 0;
      await running.watch.look();
      return words();
    },
    /** the truck says how warm it is, by its own clock */
    say(milliC: number, time = world.wall): void {
      take(signedMessage(truck, { seq: ++world.seq, value: milliC, time }), 'LOGGED');
    },
    /** the truck signs something else under the number of its last message */
    contradictItself(milliC: number): void {
      take(signedMessage(truck, { seq: world.seq, value: milliC, time: world.wall }), 'EQUIVOCATION');
    },
    /** the process dies and starts again, with only what is on disk */
    restart(): void {
      world.boot += 1;
      world.mono = 0;
      running = begin();
    },
    statements: () =>
      (store.sqlite.prepare('SELECT payload FROM entries ORDER BY idx').pluck().all() as Buffer[])
        .map((payload) => JSON.parse(payload.toString()) as Record<string, unknown>)
        .filter(({ statement }) => statement === 'alarm'),
  };
}

test('one reading from the future does not silence what comes after it', async () => {
  const { say, pass, look } = openWorld();
  say(4000, start + 80 * 365 * 86_400_000);
  pass(minute);
  say(9000);
  pass(11 * minute);
  say(9000);
  expect(await look()).toContain('raised cold-chain cold/truck');
});

test('a cold chain that breaks is an alarm after its time, logged once, and cleared once', async () => {
  const { say, pass, look, statements } = openWorld();
  say(4000);
  expect(await look()).toEqual([]);
  pass(minute);
  say(9000);
  pass(9 * minute);
  say(9000);
  expect(await look()).toEqual([]);
  pass(minute);
  say(9100);
  expect(await look()).toEqual(['raised cold-chain cold/truck']);
  expect(await look()).toEqual([]);
  pass(minute);
  say(7900); // inside, but not by the hysteresis
  pass(6 * minute);
  say(7400);
  pass(4 * minute);
  say(7400);
  expect(await look()).toEqual([]);
  pass(minute);
  say(7400);
  expect(await look()).toEqual(['cleared cold-chain cold/truck']);
  expect(statements()).toMatchObject([
    {
      change: 'raised',
      alarm: 'cold-chain',
      subject: 'cold/truck',
      detail: { milliC: 9100, maxMilliC: 8000 },
    },
    { change: 'cleared', alarm: 'cold-chain', subject: 'cold/truck' },
  ]);
});

test('what came late, all at once, is judged by the times at which it was measured', async () => {
  const { say, look } = openWorld();
  for (let i = 0; i <= 30; i++) say(i < 5 || i > 20 ? 4000 : 12_000, start - 40 * minute + i * minute);
  expect(await look()).toEqual(['raised cold-chain cold/truck', 'cleared cold-chain cold/truck']);
});

test('a sensor that falls silent while too warm raises the alarm all the same', async () => {
  const { say, pass, look } = openWorld();
  say(9000);
  expect(await look()).toEqual([]);
  pass(11 * minute);
  expect(await look()).toEqual(['raised cold-chain cold/truck']);
});

test('restarts neither forget an excursion, nor raise it twice, nor clear it', async () => {
  const { say, pass, look, restart, statements, watch } = openWorld();
  say(9000);
  await look();
  pass(6 * minute);
  restart();
  say(9000);
  expect(await look()).toEqual([]);
  pass(5 * minute);
  restart();
  say(9000);
  expect(await look()).toEqual(['raised cold-chain cold/truck']);
  restart();
  expect(await look()).toEqual([]);
  expect(watch().alarms()).toMatchObject([
    { kind: 'cold-chain', state: 'raised', raisedAt: start + 11 * minute },
  ]);
  pass(minute);
  say(4000);
  await look();
  restart();
  pass(6 * minute);
  say(4000);
  expect(await look()).toEqual(['cleared cold-chain cold/truck']);
  expect(statements()).toHaveLength(2);
});

test('a change whose write fails is logged by the next look', async () => {
  const { say, pass, look, store, statements, world } = openWorld();
  say(9000);
  pass(11 * minute);
  const fault = failInserts(store, 'entries', 0);
  expect(await look()).toEqual([]);
  expect(world.lines.join()).toContain('planted fault');
  fault.stop();
  expect(await look()).toEqual(['raised cold-chain cold/truck']);
  expect(statements()).toHaveLength(1);
});

test('a device is silent after an hour of listening, and heard again at once', async () => {
  const { say, pass, look, restart } = openWorld();
  say(4000);
  pass(61 * minute);
  restart(); // the gateway's own absence is nobody's silence
  expect(await look()).toEqual([]);
  pass(60 * minute);
  expect(await look()).toEqual(['raised device-silent truck']);
  say(4000);
  expect(await look()).toEqual(['cleared device-silent truck']);
});

test('the gateway is alarmed about its disk, clock, links, account, refusals and calibrations', async () => {
  const { pass, look, around, world, say } = openWorld();
  await look();
  const step = async (change: Partial<typeof around>, afterMs = minute) => {
    Object.assign(around, change);
    pass(afterMs);
    say(4000);
    return look();
  };
  expect(await step({ usedPermille: 850 })).toEqual(['raised disk']);
  expect(await step({ usedPermille: 801 })).toEqual([]);
  await step({ usedPermille: 799 });
  expect(await step({})).toEqual(['cleared disk']);
  world.wall += 6_000;
  expect(await step({})).toEqual(['raised clock-jumped']);
  expect(await step({}, 0)).toEqual([]);
  expect(await step({}, 11 * minute)).toEqual(['cleared clock-jumped']);
  await step({ clockIsSynchronised: false });
  expect(await step({}, 60 * minute)).toEqual(['raised clock-unsynchronised']);
  await step({ clockIsSynchronised: true });
  expect(await step({})).toEqual(['cleared clock-unsynchronised']);
  await step({ links: new Map([['chain', { is: 'down', since: world.mono, reason: 'refused' }]]) });
  expect(await step({}, 60 * minute)).toEqual(['raised link-down chain']);
  await step({ links: new Map([['chain', { is: 'up', since: world.mono }]]) });
  expect(await step({})).toEqual(['cleared link-down chain']);
  expect(await step({ refused: 99 })).toEqual([]);
  expect(await step({ refused: 100 })).toEqual(['raised quarantine-growing']);
  await step({}, 62 * minute);
  expect(await step({})).toEqual(['cleared quarantine-growing']);
  expect(await step({ expiredCalibrations: new Map([['truck/temperature', 5]]) })).toEqual([
    'raised calibration-expired truck/temperature',
  ]);
  expect(await step({ expiredCalibrations: new Map() })).toEqual([
    'cleared calibration-expired truck/temperature',
  ]);
  expect(await step({ accountWei: 1000n })).toEqual([]);
  expect(await step({ accountWei: 999n })).toEqual(['raised account-underfunded']);
  await step({ accountWei: 1000n });
  expect(await step({})).toEqual(['cleared account-underfunded']);
});

test('a device that contradicts itself is an alarm at once, shown for a day after the last time', async () => {
  const { say, contradictItself, pass, look, statements } = openWorld();
  say(4000);
  expect(await look()).toEqual([]);
  contradictItself(4100);
  expect(await look()).toEqual(['raised equivocation truck']);
  pass(23 * 60 * minute);
  say(4000);
  contradictItself(4100);
  expect(await look()).toEqual([]);
  pass(23 * 60 * minute);
  say(4000);
  expect(await look()).toEqual([]);
  pass(24 * 60 * minute);
  say(4000);
  expect(await look()).toEqual(['cleared equivocation truck']);
  expect(statements()).toMatchObject([
    { change: 'raised', alarm: 'equivocation', subject: 'truck', detail: { device: 'truck' } },
    { change: 'cleared', alarm: 'equivocation', subject: 'truck' },
  ]);
});

test('a mean kinetic temperature that is too high is an alarm, though each excursion is short enough', async () => {
  const mean = { name: 'mean', mktMaxMilliC: 8000, mktWindowMs: 60 * minute };
  const { say, pass, look, statements } = openWorld(alarmRulesSchema.parse({ coldChain: [mean] }));
  /** so many minutes, a reading and a look in each */
  const minutesOf = async (milliC: number, count: number): Promise<string[]> => {
    const said: string[] = [];
    for (let i = 0; i < count; i++) {
      say(milliC);
      pass(minute);
      said.push(...(await look()));
    }
    return said;
  };
  expect(await minutesOf(7500, 40)).toEqual([]);
  expect(await minutesOf(14_000, 10)).toEqual(['raised mean-kinetic-temperature mean/truck']);
  expect(await minutesOf(7500, 30)).toEqual([]);
  expect(await minutesOf(4000, 60)).toEqual(['cleared mean-kinetic-temperature mean/truck']);
  const [raised] = statements() as { detail: { mktMilliC: number } }[];
  expect(raised).toMatchObject({ change: 'raised', detail: { mktMaxMilliC: 8000, windowMs: 60 * minute } });
  expect(raised!.detail.mktMilliC).toBeGreaterThan(8000);
});
