import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { decodeBase64, type Message, parseMessage, verifyEd25519 } from '@tianyuan/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enrolmentSchema } from './enrolment.ts';
import { allDevices, findDevice } from './state/device-records.ts';
import { openOutbox } from './state/outbox.ts';
import { openState } from './state/state-database.ts';

const program = join(import.meta.dirname, 'main.ts');
/** Port 1 is nobody's: every message stays in the store. */
const noBroker = ['--broker', 'mqtt://127.0.0.1:1'];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'firmware-sim-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const sim = (...args: string[]) =>
  promisify(execFile)(process.execPath, [program, ...args, '--state', directory]);
const failing = (...args: string[]) =>
  sim(...args).then(
    () => expect.fail('it succeeded'),
    (error: { code: number; stderr: string }) => error,
  );

/** Runs the simulator until it has told of `messages` signed messages, then ends it with `signal`. */
async function runUntilSigned(messages: number, signal: NodeJS.Signals, ...args: string[]) {
  const child = spawn(process.execPath, [program, ...noBroker, '--verbose', '--state', directory, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const signed: { device: string; boot: number; seq: number }[] = [];
  for await (const line of createInterface(child.stdout)) {
    const told = JSON.parse(line) as { msg: string; device: string; boot: number; seq: number };
    if (told.msg !== 'signed') continue;
    signed.push({ device: told.device, boot: told.boot, seq: told.seq });
    if (signed.length === messages) child.kill(signal);
  }
  const [code] = (await exited) as [number | null];
  return { signed, code };
}

function storedMessages(): Message[] {
  const state = openState(directory);
  try {
    const outbox = openOutbox(state, 1e6);
    return allDevices(state).flatMap(({ id }) =>
      outbox.after(id, 0, 1e6).map(({ payload }) => parseMessage(payload).message),
    );
  } finally {
    state.close();
  }
}

describe('counters and store', () => {
  test('survive kill -9: a restart is a new boot, no number comes twice, nothing that was signed is missing', async () => {
    const told: string[] = [];
    const nameOf = ({ device, boot, seq }: { device: string; boot: number; seq: number }) =>
      `${device} ${boot} ${seq}`;
    for (const messages of [7, 60, 33]) {
      const { signed } = await runUntilSigned(messages, 'SIGKILL', '--devices', '3', '--rate', '100');
      expect(signed.length).toBeGreaterThanOrEqual(messages);
      told.push(...signed.map(nameOf));
    }
    const stored = storedMessages();
    expect(new Set(told).size).toBe(told.length);
    expect(new Set(stored.map(nameOf)).size).toBe(stored.length);
    expect(stored.map(nameOf)).toEqual(expect.arrayContaining(told));

    for (const device of ['orchard-01', 'soil-02', 'truck-03']) {
      const own = stored.filter((message) => message.device === device);
      for (const boot of [1, 2, 3]) {
        const numbers = own.filter((message) => message.boot === boot).map(({ seq }) => seq);
        expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      }
      expect(own.map(({ boot }) => boot)).toEqual(own.map(({ boot }) => boot).toSorted((a, b) => a - b));
      expect(own.every(({ boot }) => boot >= 1 && boot <= 3)).toBe(true);
    }
  });

  test('are never shared by two simulators', async () => {
    const first = spawn(process.execPath, [program, ...noBroker, '--state', directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(first.stdout, 'data');
    const { code, stderr } = await failing('run', ...noBroker);
    expect(code).toBe(1);
    expect(stderr).toContain('another simulator runs');
    first.kill('SIGKILL');
    await once(first, 'exit');
    // and the lock went with the process that was killed
    expect((await runUntilSigned(1, 'SIGTERM')).code).toBe(0);
  });

  test('stop cleanly when asked to, with a summary', async () => {
    const summaryFile = join(directory, 'summary.json');
    const { signed, code } = await runUntilSigned(5, 'SIGINT', '--rate', '50', '--summary', summaryFile);
    const summary = JSON.parse(readFileSync(summaryFile, 'utf8')) as object;
    expect(code).toBe(0);
    expect(summary).toMatchObject({ sent: 0, acknowledged: 0, waiting: signed.length, gateway: 'gw-1' });
  });
});

describe('enrol', () => {
  test('writes what a gateway imports, for its owner only, without a network', async () => {
    const { stdout } = await sim('enrol', '--devices', '4');
    const file = join(directory, 'enrolment.json');
    expect(stdout).toContain(`new devices: 4, in all: 4, in ${file}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const enrolment = enrolmentSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(enrolment.map(({ device }) => device)).toEqual([
      'orchard-01',
      'orchard-04',
      'soil-02',
      'truck-03',
    ]);

    const { device, token } = enrolment[0]!;
    expect((await sim('token', '--device', device)).stdout).toBe(token);
    expect((await sim('enrol', '--devices', '4')).stdout).toContain('new devices: 0, in all: 4');
    expect(enrolmentSchema.parse(JSON.parse(readFileSync(file, 'utf8')))).toEqual(enrolment);
  });
});

test('enrol --device gives one device a name of its own', async () => {
  expect((await sim('enrol', '--device', 'my-fridge')).stdout).toContain('new devices: 1, in all: 1');
  const { stdout } = await sim('sign', '--device', 'my-fridge', '--type', 'temperature', '--value', '4000');
  expect(parseMessage(Buffer.from(stdout)).message).toMatchObject({ device: 'my-fridge', boot: 1, seq: 1 });
  const { code, stderr } = await failing('enrol', '--device', 'My fridge');
  expect([code, stderr]).toEqual([2, expect.stringContaining('--device: ')]);
});

describe('sign', () => {
  const sign = (...args: string[]) => sim('sign', '--device', 'truck-03', ...args);

  beforeEach(() => sim('enrol'));

  test('prints one payload that verifies, byte for byte, and takes the device’s next number', async () => {
    const enrolment = enrolmentSchema.parse(
      JSON.parse(readFileSync(join(directory, 'enrolment.json'), 'utf8')),
    );
    const { publicKey } = enrolment.find(({ device }) => device === 'truck-03')!;

    const { stdout } = await sign(
      '--type',
      'temperature',
      '--value',
      '-4250',
      '--batch',
      'B-1',
      '--sensor',
      'front',
      '--time',
      '1785542400000',
    );
    const { message, signature, signedBytes } = parseMessage(Buffer.from(stdout));
    expect(verifyEd25519(decodeBase64(publicKey), signedBytes, signature)).toBe(true);
    expect(message).toMatchObject({
      device: 'truck-03',
      boot: 1,
      seq: 1,
      time: 1_785_542_400_000,
      batch: 'B-1',
      readings: [{ sensor: 'front', type: 'temperature', value: -4_250 }],
    });
    const next = await sign('--type', 'gps', '--value', '357620000,1094320000');
    expect(parseMessage(Buffer.from(next.stdout)).message).toMatchObject({ boot: 1, seq: 2 });
  });

  test('shares the numbers with processes that sign at the same time', async () => {
    const printed = await Promise.all(
      Array.from({ length: 4 }, () => sign('--type', 'door', '--value', '1')),
    );
    const numbers = printed.map(({ stdout }) => parseMessage(Buffer.from(stdout)).message.seq);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  test('refuses what cannot be a message, and takes no number for it', async () => {
    const refused = await Promise.all([
      failing('sign', '--device', 'truck-03', '--type', 'temperature', '--value', '4.25'),
      failing('sign', '--device', 'truck-03', '--type', 'gps', '--value', '4'),
      failing('sign', '--device', 'truck-03', '--type', 'co2', '--value', '400', '--sensor', 'not a name'),
    ]);
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(refused[0].stderr).toContain('temperature is an integer in m°C, not 4.25');
    const state = openState(directory);
    expect(findDevice(state, 'truck-03')).toMatchObject({ boot: 0, seq: 0 });
    state.close();
  });

  test('signs in COSE where it is told to, under the same numbers', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        program,
        'sign',
        '--device',
        'truck-03',
        '--type',
        'door',
        '--value',
        '0',
        '--profile',
        'cose',
        '--state',
        directory,
      ],
      { encoding: 'buffer' },
    );
    const { profile, message } = parseMessage(stdout);
    expect({ profile, ...message }).toMatchObject({ profile: 'cose', device: 'truck-03', boot: 1, seq: 1 });
    const next = await sign('--type', 'door', '--value', '1');
    expect(parseMessage(Buffer.from(next.stdout)).message).toMatchObject({ boot: 1, seq: 2 });
  });

  test('warns of a value that physics forbids, and signs it all the same', async () => {
    const { stdout, stderr } = await sign('--type', 'humidity', '--value', '200000');
    expect(stderr).toContain('no possible humidity');
    expect(parseMessage(Buffer.from(stdout)).message).toMatchObject({ readings: [{ value: 200_000 }] });
  });

  test('names the devices that there are when asked for another', async () => {
    const { code, stderr } = await failing('sign', '--device', 'truck-99', '--type', 'co2', '--value', '400');
    expect(code).toBe(1);
    expect(stderr).toContain('orchard-01, soil-02, truck-03');
  });
});

test('a wrong option is named together with its rule', async () => {
  const { code, stderr } = await failing('--rate', '0', '--fault-rate', '2', '--faults', 'gap,rust');
  expect(code).toBe(2);
  expect(stderr).toMatch(/--rate: .*--fault-rate: .*/s);
  expect(stderr).toContain('--faults');
});

test('--help names the commands, and the options of a run', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--help']);
  for (const word of ['enrol', 'sign', 'token', '--broker <url>', '--fault-rate <share>']) {
    expect(stdout).toContain(word);
  }
});
