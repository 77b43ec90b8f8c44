import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type Enrolment, enrolmentSchema, faultNames, type Summary } from '@tianyuan/firmware-sim';
import {
  bytesToHex,
  decodeBase64,
  type Message,
  parseMessage,
  sha256,
  verifyEd25519,
} from '@tianyuan/protocol';
import getPort from 'get-port';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { has, pathOf } from '../components.ts';

const simulator = join(import.meta.dirname, '../../firmware-sim/main.ts');
const run = promisify(execFile);

let directory: string;
let port: number;
const running = new Set<ChildProcess>();
let subscriber: MqttClient | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'firmware-sim-'));
  port = await getPort();
});
afterEach(async () => {
  subscriber?.end(true);
  subscriber = undefined;
  for (const child of running) await stop(child, 'SIGKILL');
  rmSync(directory, { recursive: true });
});

const state = () => join(directory, 'devices');
const broker = () => `mqtt://127.0.0.1:${port}`;

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  running.delete(child);
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

/** A broker whose persistent sessions survive its restart, for then nothing is lost on the subscriber's side. */
async function startMosquitto(access = 'allow_anonymous true'): Promise<ChildProcess> {
  const file = join(directory, 'mosquitto.conf');
  writeFileSync(
    file,
    [
      `listener ${port} 127.0.0.1`,
      access,
      `persistence true`,
      `persistence_location ${directory}/`,
      `max_queued_messages 0`,
      `log_dest stderr`,
      ...(process.getuid?.() === 0 ? ['user root'] : []),
    ].join('\n'),
  );
  const child = spawn(pathOf('mosquitto'), ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  for await (const line of createInterface(child.stderr)) if (line.endsWith('running')) break;
  child.stderr.resume();
  return child;
}

/** Lets everybody in, reads what they publish, and acknowledges nothing. */
async function startMuteBroker() {
  const published: Message[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // a device that is killed resets its connection
    const parser = mqttPacket.parser();
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        socket.write(mqttPacket.generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
      }
      if (packet.cmd === 'publish' && packet.topic.endsWith('/up')) {
        published.push(JSON.parse(packet.payload.toString()) as Message);
      }
    });
    socket.on('data', (bytes) => parser.parse(bytes));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
    await once(server, 'close');
  };
  return { published: () => published, close };
}

type Received = { device: string; kind: 'up' | 'status'; payload: Buffer; retained: boolean };

/** Everything that is published under ty/v1/gw-1, in the order of its arrival. */
async function subscribe(credentials: IClientOptions = {}) {
  const received: Received[] = [];
  const arrivals = new EventEmitter();
  const client = mqtt.connect(broker(), {
    clientId: 'observer',
    clean: false,
    reconnectPeriod: 50,
    ...credentials,
  });
  subscriber = client;
  client.on('error', () => undefined); // while the broker restarts
  client.on('message', (topic, payload, { retain }) => {
    const [, , , device, kind] = topic.split('/') as [string, string, string, string, 'up' | 'status'];
    received.push({ device, kind, payload, retained: retain });
    arrivals.emit('message');
  });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  await client.subscribeAsync('ty/v1/gw-1/#', { qos: 1 });
  const until = (reached: () => boolean) => untilEvent(arrivals, 'message', reached);
  return { received, until, up: () => received.filter(({ kind }) => kind === 'up') };
}

type Line = { msg: string; device: string; boot: number; seq: number; fault: string | null };

/** The simulator as its own process; `told` resolves once its log so far is such. */
function startSimulator(...args: string[]) {
  const child = spawn(
    process.execPath,
    [simulator, '--broker', broker(), '--state', state(), '--verbose', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  running.add(child);
  const lines: Line[] = [];
  const log = new EventEmitter();
  const ended = (async () => {
    for await (const text of createInterface(child.stdout)) {
      lines.push(JSON.parse(text) as Line);
      log.emit('line');
    }
  })();
  const told = (reached: (lines: readonly Line[]) => boolean) =>
    untilEvent(log, 'line', () => reached(lines));
  const exited = async () => {
    if (child.exitCode === null) await once(child, 'exit');
    await ended;
    return child.exitCode;
  };
  return { child, lines, told, exited };
}

function untilEvent(emitter: EventEmitter, event: string, reached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!reached()) return;
      emitter.off(event, check);
      resolve();
    };
    emitter.on(event, check);
    check();
  });
}

const enrolment = (): Enrolment =>
  enrolmentSchema.parse(JSON.parse(readFileSync(join(state(), 'enrolment.json'), 'utf8')));

const nameOf = ({ device, boot, seq }: Pick<Message, 'device' | 'boot' | 'seq'>) =>
  `${device} ${boot} ${seq}`;

/** Whether messages of these names have arrived, all of them good. */
function arrivedAll(received: readonly Received[], names: readonly string[]): boolean {
  const arrived = new Set(received.map(({ payload }) => nameOf(JSON.parse(payload.toString()) as Message)));
  return names.every((name) => arrived.has(name));
}

/** What accept has to make of the payloads of a log, by PROTOCOL.md section 2, in the order of their arrival. */
function judge(payloads: readonly Buffer[]) {
  const keys = new Map(enrolment().map(({ device, publicKey }) => [device, decodeBase64(publicKey)]));
  const seen = new Map<string, string>();
  const verdicts = { accepted: [] as Message[], evidence: 0, refused: 0, deduplicated: 0 };
  for (const payload of payloads) {
    const message = verified(payload, keys);
    if (message === undefined) {
      verdicts.refused++;
      continue;
    }
    const hash = bytesToHex(sha256(payload));
    const first = seen.get(nameOf(message));
    if (first === undefined) {
      seen.set(nameOf(message), hash);
      verdicts.accepted.push(message);
    } else if (first === hash) verdicts.deduplicated++;
    else verdicts.evidence++;
  }
  return verdicts;
}

function verified(payload: Buffer, keys: ReadonlyMap<string, Uint8Array>): Message | undefined {
  try {
    const { message, signature, signedBytes } = parseMessage(payload);
    return verifyEd25519(keys.get(message.device)!, signedBytes, signature) ? message : undefined;
  } catch {
    return undefined;
  }
}

function expectOrderWithoutHoles(messages: readonly Message[], device: string): void {
  const own = messages.filter((message) => message.device === device);
  const boots = [...new Set(own.map(({ boot }) => boot))];
  expect(boots).toEqual(boots.toSorted((a, b) => a - b));
  expect(own.length).toBeGreaterThan(0);
  for (const boot of boots) {
    const numbers = own.filter((message) => message.boot === boot).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  }
  expect(own.map(({ boot }) => boot)).toEqual(own.map(({ boot }) => boot).toSorted((a, b) => a - b));
}

describe.skipIf(!has('mosquitto'))('devices and a real broker', { timeout: 90_000 }, () => {
  test.each([
    ['json', 500],
    ['cose', 500],
  ])(
    'every message arrives once, in its device’s order, never retained, and misbehaves as the summary says: %s',
    async (profile, good) => {
      await startMosquitto();
      const { received, until, up } = await subscribe();
      const file = join(directory, 'summary.json');
      const args = [
        '--devices',
        '8',
        '--rate',
        '50',
        '--messages',
        String(good),
        '--faults',
        'all',
        '--fault-rate',
        '0.2',
        '--profile',
        profile,
      ];
      const { exited } = startSimulator(...args, '--summary', file);
      expect(await exited()).toBe(0);

      const summary = JSON.parse(readFileSync(file, 'utf8')) as Summary;
      expect(summary.good).toEqual({ sent: good, acknowledged: good });
      expect([summary.waiting, summary.sent - summary.acknowledged, summary.overwritten]).toEqual([0, 0, 0]);
      expect(Object.keys(summary.faults).toSorted()).toEqual([...faultNames].toSorted());

      await until(() => up().length === summary.sent);
      expect(received.some(({ retained }) => retained)).toBe(false);
      const { accepted, evidence, refused, deduplicated } = judge(up().map(({ payload }) => payload));
      const expected = (verdict: string) =>
        Object.values(summary.faults)
          .filter((fault) => fault.expected === verdict)
          .reduce((sum, { sent }) => sum + sent, 0);
      expect(accepted).toHaveLength(good + expected('accepted'));
      expect(new Set(up().map(({ payload }) => payload[0] === 0xd2))).toContain(profile === 'cose');
      expect({ evidence, refused, deduplicated }).toEqual({
        evidence: expected('evidence'),
        refused: expected('refused'),
        deduplicated: expected('deduplicated'),
      });
      for (const { device, seq } of summary.devices) {
        const numbers = accepted.filter((message) => message.device === device).map((message) => message.seq);
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        expect(Math.max(...numbers)).toBeLessThanOrEqual(seq);
      }
    },
  );

  test('a broker that was away gets everything afterwards, with nothing lost and nothing out of order', async () => {
    const first = await startMosquitto();
    const { until, up } = await subscribe();
    const { child, lines, told } = startSimulator('--devices', '3', '--rate', '50');
    const signed = (from = 0) => lines.slice(from).filter(({ msg }) => msg === 'signed');
    await until(() => up().length >= 100);
    await stop(first, 'SIGTERM');
    await told(() => lines.some(({ msg }) => msg.startsWith('nothing listens at')));
    // Some more than the window of a link, so that there is something to fill in.
    const before = lines.length;
    await told(() => signed(before).length >= 60);
    await startMosquitto();
    const owed = signed().map(nameOf);
    await until(() => arrivedAll(up(), owed));
    expect(await stop(child, 'SIGTERM')).toBe(0);

    const { accepted, refused, evidence } = judge(up().map(({ payload }) => payload));
    expect([refused, evidence]).toEqual([0, 0]);
    for (const { device } of enrolment()) expectOrderWithoutHoles(accepted, device);
  });

  test('a killed device is reported by its last will, and sends in its next boot what it had not', async () => {
    await startMosquitto();
    const { received, until, up } = await subscribe();
    const status = (device: string) =>
      received
        .filter((one) => one.kind === 'status' && one.device === device)
        .map(({ payload }) => payload.toString());
    const devices = ['orchard-01', 'soil-02'];
    const heard = (device: string) => up().filter((one) => one.device === device).length;
    const killed = startSimulator('--devices', '2', '--rate', '100');
    await until(() => devices.every((device) => heard(device) >= 20));
    await stop(killed.child, 'SIGKILL');
    await until(() => devices.every((device) => status(device).length === 2));
    expect(devices.map(status)).toEqual(devices.map(() => ['online', 'offline']));

    const owed = killed.lines.filter(({ msg }) => msg === 'signed').map(nameOf);
    const next = startSimulator('--devices', '2', '--rate', '20');
    await until(() => arrivedAll(up(), owed) && devices.every((device) => status(device).length === 3));
    expect(await stop(next.child, 'SIGTERM')).toBe(0);
    await until(() => devices.every((device) => status(device).length === 4));
    expect(devices.map(status)).toEqual(devices.map(() => ['online', 'offline', 'online', 'offline']));

    const { accepted, refused, evidence } = judge(up().map(({ payload }) => payload));
    expect([refused, evidence]).toEqual([0, 0]);
    for (const device of devices) expectOrderWithoutHoles(accepted, device);
  });

  test('what has no PUBACK stays in the store, and no more than a window of it is on its way', async () => {
    const mute = await startMuteBroker();
    const first = startSimulator('--devices', '1', '--rate', '50');
    const signed = () => first.lines.filter(({ msg }) => msg === 'signed');
    await first.told(() => signed().length >= 40 && mute.published().length >= 8);
    await stop(first.child, 'SIGKILL');
    await mute.close();
    expect(mute.published().map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);

    await startMosquitto();
    const { until, up } = await subscribe();
    const next = startSimulator('--devices', '1', '--rate', '20');
    await until(() => arrivedAll(up(), signed().map(nameOf)));
    expect(await stop(next.child, 'SIGTERM')).toBe(0);
    expectOrderWithoutHoles(judge(up().map(({ payload }) => payload)).accepted, 'orchard-01');
  });

  test('a token lets its device in, and without it the log says what to do', async () => {
    await run(process.execPath, [simulator, 'enrol', '--devices', '1', '--state', state()]);
    const passwords = join(directory, 'passwords');
    writeFileSync(passwords, '', { mode: 0o600 });
    const allow = (user: string, password: string) =>
      run('mosquitto_passwd', ['-b', passwords, user, password]);
    await allow('observer', 'observing');
    await allow('orchard-01', 'not its token');
    const restricted = `allow_anonymous false\npassword_file ${passwords}`;
    const first = await startMosquitto(restricted);
    const refused = startSimulator('--devices', '1', '--rate', '20');
    await refused.told((lines) => lines.some((line) => line.msg.includes('refuses')));
    const { msg } = refused.lines.find((line) => line.msg.includes('refuses'))!;
    expect(msg).toContain(`${broker()} refuses orchard-01`);
    expect(msg).toContain(`Import ${join(state(), 'enrolment.json')} there`);
    await stop(refused.child, 'SIGTERM');
    await stop(first, 'SIGTERM');

    await allow('orchard-01', enrolment()[0]!.token);
    await startMosquitto(restricted);
    const { until, up } = await subscribe({ username: 'observer', password: 'observing' });
    const admitted = startSimulator('--devices', '1', '--rate', '20', '--messages', '1');
    expect(await admitted.exited()).toBe(0);
    await until(() => up().length >= 1);
  });

  test.skipIf(!has('mosquitto_pub'))(
    'a message signed by hand goes through mosquitto_pub byte for byte',
    async () => {
      await run(process.execPath, [simulator, 'enrol', '--state', state()]);
      await startMosquitto();
      const { until, up } = await subscribe();
      const args = [
        'sign',
        '--device',
        'truck-03',
        '--type',
        'temperature',
        '--value',
        '4250',
        '--state',
        state(),
      ];
      const { stdout } = await run(process.execPath, [simulator, ...args]);
      const publish = spawn(
        pathOf('mosquitto_pub'),
        ['-p', String(port), '-q', '1', '-i', 'truck-03', '-t', 'ty/v1/gw-1/truck-03/up', '-s'],
        { stdio: ['pipe', 'inherit', 'inherit'] },
      );
      publish.stdin.end(stdout);
      await once(publish, 'exit');
      await until(() => up().length === 1);
      expect(up()[0]!.payload.toString()).toBe(stdout);
      expect(judge([up()[0]!.payload]).accepted).toMatchObject([{ device: 'truck-03', seq: 1 }]);
    },
  );
});
