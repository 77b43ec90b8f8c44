import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Agent, startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { loadConfig } from '@tianyuan/gateway-agent/config.ts';
import { newLinkHealth } from '@tianyuan/gateway-agent/deliver/link-health.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/device-register.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { openExternalBroker } from '@tianyuan/gateway-agent/receive/external-broker.ts';
import { decodeEntry, encodeBase64 } from '@tianyuan/protocol';
import Database from 'better-sqlite3';
import getPort from 'get-port';
import mqtt from 'mqtt';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { has, pathOf } from '../components.ts';
import { type Device, newDevice } from '../trace/signed-log.ts';

const gateway = 'gw-7';
const soon = { timeout: 20_000, interval: 20 };
const shipped = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url)), 'utf8');

describe.skipIf(!has('mosquitto'))('behind a Mosquitto with the shipped configuration', () => {
  const devices = [newDevice('sensor-1'), newDevice('sensor-2')] as const;
  let home: string;
  let port: number;
  let broker: ChildProcess;
  let agent: Agent | undefined;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'tianyuan-broker-'));
    port = await getPort();
    mkdirSync(join(home, 'data'));
    writeFileSync(join(home, 'acl'), shipped('mosquitto.acl'), { mode: 0o600 });
    // As shipped, but for where things lie and without TLS, which test certificates would only lengthen.
    const conf = shipped('mosquitto.conf')
      .replace('listener 8883', `listener ${port} 127.0.0.1`)
      .replaceAll(/^(ca|cert|key)file .*$/gm, '')
      .replace('/etc/mosquitto/tianyuan.passwd', join(home, 'passwd'))
      .replace('/etc/mosquitto/tianyuan.acl', join(home, 'acl'))
      .replace('/var/lib/mosquitto/', `${join(home, 'data')}/`)
      .replace('autosave_interval 10', 'autosave_interval 1');
    // Started by root it would become another user, who may not read these files.
    writeFileSync(join(home, 'conf'), `${conf}\nuser ${process.getuid?.() === 0 ? 'root' : 'nobody'}\n`);
    const passwd = join(pathOf('mosquitto'), '../../bin/mosquitto_passwd');
    ['gateway', ...devices.map(({ id }) => id)].forEach((name, i) =>
      execFileSync(passwd, [
        ...(i === 0 ? ['-c'] : []),
        '-b',
        join(home, 'passwd'),
        name,
        `password of ${name}`,
      ]),
    );
    writeFileSync(join(home, 'gateway.password'), 'password of gateway\n');
    writeFileSync(join(home, 'gateway.yaml'), 'alarms: { linkDownAfterMs: 0 }\n');
    const store = openStore(join(home, 'agent'));
    for (const { id, publicKey } of devices) {
      const token = 'is not asked for here';
      enrolDevice(store, { device: id, key: 1, publicKey: encodeBase64(publicKey), token }, Date.now());
    }
    store.close();
    await startBroker();
  }, 30_000);

  afterAll(async () => {
    await agent?.stop();
    broker?.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  async function startBroker(): Promise<void> {
    broker = spawn(pathOf('mosquitto'), ['-c', join(home, 'conf')], {
      stdio: 'ignore',
    });
    for (;;) {
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...login('gateway'), reconnectPeriod: 0 });
      const connected = await new Promise<boolean>((resolve) => {
        client.once('connect', () => resolve(true));
        client.once('close', () => resolve(false));
        client.on('error', () => {});
      });
      await client.endAsync(true);
      if (connected) return;
      await delay(50);
    }
  }

  const login = (name: string) => ({ username: name, password: `password of ${name}`, clientId: name });

  async function start(): Promise<Agent> {
    const flags = {
      gateway,
      origin: 'gw-7.farm.example',
      dataDir: join(home, 'agent'),
      'http.port': '0',
      verifyThreads: '1',
      'broker.url': `mqtt://127.0.0.1:${port}`,
      'broker.username': 'gateway',
      'broker.passwordFile': join(home, 'gateway.password'),
    };
    agent = await startAgent(loadConfig(join(home, 'gateway.yaml'), {}, flags), pino({ level: 'silent' }));
    return agent;
  }

  async function publish(
    device: Device,
    count: number,
    topic = `ty/v1/${gateway}/${device.id}/up`,
  ): Promise<void> {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, login(device.id));
    for (let i = 0; i < count; i++) await client.publishAsync(topic, Buffer.from(device.sign()), { qos: 1 });
    await client.endAsync();
  }

  /** The sequence numbers of a device, in the order of the log. */
  function logged({ id }: Device): number[] {
    const db = new Database(join(home, 'agent', 'gateway.db'), { readonly: true });
    const rows = db.prepare('SELECT entry, payload FROM entries ORDER BY idx').all() as {
      entry: Buffer;
      payload: Buffer;
    }[];
    db.close();
    return rows
      .filter(({ entry }) => decodeEntry(entry).kind === 'message')
      .map(({ payload }) => JSON.parse(payload.toString()) as { device: string; seq: number })
      .flatMap(({ device, seq }) => (device === id ? [seq] : []));
  }

  const counting = (to: number) => Array.from({ length: to }, (_, i) => i + 1);

  test('what devices publish is logged, in order', async () => {
    await start();
    await vi.waitFor(async () => {
      await publish(devices[1], 1); // until the subscription stands
      expect(logged(devices[1]).length).toBeGreaterThan(0);
    }, soon);
    await publish(devices[0], 20);
    await vi.waitFor(() => expect(logged(devices[0])).toEqual(counting(20)), soon);
  }, 30_000);

  test('a device that speaks under another one’s topic is not heard: the broker sees to it', async () => {
    const before = logged(devices[0]).length;
    const [victim, forger] = devices;
    await publish(forger, 3, `ty/v1/${gateway}/${victim.id}/up`);
    await publish(victim, 1);
    await vi.waitFor(() => expect(logged(victim)).toEqual(counting(before + 1)), soon);
    expect(agent!.status().refused).toEqual({});
  }, 30_000);

  test('what comes while the gateway is away waits at the broker, even where that is killed meanwhile', async () => {
    const before = logged(devices[0]).length;
    await agent!.stop();
    await publish(devices[0], 30);
    await delay(2_500); // the broker's own interval of saving; what it loses before that is the promise that is weaker
    broker.kill('SIGKILL');
    await once(broker, 'exit');
    await startBroker();
    await start();
    await vi.waitFor(() => expect(logged(devices[0])).toEqual(counting(before + 30)), soon);
  }, 40_000);

  const metrics = async () => (await fetch(`http://127.0.0.1:${agent!.httpPort}/metrics`)).text();

  test('a broker that is killed under a running gateway is an alarm, and is found again', async () => {
    const before = logged(devices[0]).length;
    await vi.waitFor(async () => expect(await metrics()).toContain('link_up{link="broker"} 1'), soon);
    broker.kill('SIGKILL');
    await once(broker, 'exit');
    await vi.waitFor(async () => {
      const text = await metrics();
      expect(text).toContain('link_up{link="broker"} 0');
      expect(text).toContain('alarms_raised{kind="link-down"} 1');
    }, soon);
    await startBroker();
    await vi.waitFor(async () => expect(await metrics()).toContain('link_up{link="broker"} 1'), soon);
    await publish(devices[0], 5);
    await vi.waitFor(() => expect(logged(devices[0])).toEqual(counting(before + 5)), soon);
    await agent!.stop();
    agent = undefined;
  }, 60_000);

  test('a message that cannot be kept is not acknowledged, and comes again with those behind it, in order', async () => {
    const taken: string[] = [];
    let failures = 3;
    const health = newLinkHealth(() => 1);
    const own = {
      gateway: 'gw-7',
      address: {
        url: `mqtt://127.0.0.1:${port}`,
        username: 'gateway',
        passwordFile: join(home, 'gateway.password'),
      },
    };
    const receiver = openExternalBroker({
      ...own,
      health,
      logger: pino({ level: 'silent' }),
      intake: {
        take(device, payload) {
          if (failures-- > 0) return Promise.reject(new Error('the disk is full'));
          taken.push(`${device} ${(JSON.parse(Buffer.from(payload).toString()) as { seq: number }).seq}`);
          return Promise.resolve({ code: 'LOGGED', index: taken.length });
        },
        idle: () => Promise.resolve(),
      },
    });
    await vi.waitFor(() => expect(health.state().is).toBe('up'), soon);
    const device = newDevice(devices[1].id);
    await publish(device, 4);
    await vi.waitFor(() => expect(taken).toEqual([1, 2, 3, 4].map((seq) => `sensor-2 ${seq}`)), soon);
    await receiver.close();
  }, 40_000);
});
