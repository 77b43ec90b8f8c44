import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { IClientOptions, MqttClient } from 'mqtt';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type VerifyPool, openVerifyPool } from '../accept/verify-pool.ts';
import { enrolDevice } from '../devices/device-register.ts';
import {
  connectDevice as connectTo,
  connectPacket,
  openSocket as openSocketTo,
  openTestWay,
  packet,
  publishPacket,
  text,
} from '../test-broker.ts';
import { type TestDevice, enrolmentOf, newTestDevice, signedMessage } from '../test-device.ts';
import { failInserts } from '../test-store.ts';
import { openEmbeddedBroker } from './embedded-broker.ts';
import { maxConnectBytes, maxPacketBytes } from './packet-bound.ts';

const north = newTestDevice('north');
const south = newTestDevice('south');
const up = ({ id }: TestDevice) => `ty/v1/gw/${id}/up`;

let pool: VerifyPool;
beforeAll(() => {
  pool = openVerifyPool(1);
});
afterAll(() => pool.close());

/** A broker over the real way to disk. */
async function openTestBroker({ verify = pool.verify }: Partial<VerifyPool> = {}) {
  const way = openTestWay({ ...pool, verify });
  const { store, register, intake, remove } = way;
  for (const device of [north, south]) enrolDevice(store, enrolmentOf(device), 0);
  const lines: { level: number; msg: string; device?: string }[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const broker = await openEmbeddedBroker({
    gateway: 'gw',
    host: '127.0.0.1',
    port: 0,
    register,
    intake,
    logger,
  });
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= broker.close());
  onTestFinished(async () => {
    await close();
    remove();
  });
  return { ...way, broker, lines, close, port: broker.port };
}

async function connectDevice(
  port: number,
  device: TestDevice,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const client = await connectTo({ port, tlsPort: undefined }, device, options);
  onTestFinished(() => void client.end(true));
  return client;
}

/** The CONNACK code that a client is refused with. */
const refusedWith = (port: number, options: IClientOptions) =>
  connectDevice(port, north, options).then(
    () => 'connected',
    (error: { code?: unknown }) => error.code,
  );

async function openSocket(port: number): ReturnType<typeof openSocketTo> {
  const opened = await openSocketTo(port);
  onTestFinished(() => void opened.socket.destroy());
  return opened;
}

async function openDeviceSocket(port: number, device: TestDevice) {
  const opened = await openSocket(port);
  opened.socket.write(connectPacket(device));
  await vi.waitFor(() => expect([...opened.received()]).toEqual([0x20, 2, 0, 0]), {
    interval: 2,
    timeout: 5_000,
  });
  return { ...opened, acknowledged: () => (opened.received().length - 4) / 4 };
}

describe('a device', () => {
  test('is let in with its own token, under its own name', async () => {
    const { port, broker } = await openTestBroker();
    await connectDevice(port, north);
    expect(broker.connectedDevices()).toBe(1);
    expect(await refusedWith(port, { password: 'the wrong token altogether' })).toBe(5);
    expect(await refusedWith(port, { clientId: 'south' })).toBe(5);
    expect(await refusedWith(port, { clientId: 'south', username: 'south' })).toBe(5);
    expect(await refusedWith(port, { clientId: 'stranger', username: 'stranger' })).toBe(5);
    expect(
      await refusedWith(port, { username: undefined, password: undefined } as unknown as IClientOptions),
    ).toBe(5);
    expect(await refusedWith(port, { clientId: '', username: '' })).toBe(5);
    expect(broker.connectedDevices()).toBe(1);
  });

  test('is turned away for now when its register cannot be read', async () => {
    const { port, store } = await openTestBroker();
    store.sqlite.exec('ALTER TABLE device_keys RENAME TO hidden_keys; ALTER TABLE devices RENAME TO hidden');
    expect(await refusedWith(port, {})).toBe(3);
    store.sqlite.exec('ALTER TABLE hidden RENAME TO devices; ALTER TABLE hidden_keys RENAME TO device_keys');
    await connectDevice(port, north);
  });

  test('of MQTT 5 is told that its version is not spoken here', async () => {
    const { port } = await openTestBroker();
    expect(await refusedWith(port, { protocolVersion: 5 })).toBe(1);
  });

  test.each([0, 1, 2] as const)('publishes with QoS %i', async (qos) => {
    const { port, payloads } = await openTestBroker();
    const client = await connectDevice(port, north);
    const sent = [1, 2, 3].map((seq) => signedMessage(north, { seq }));
    for (const payload of sent) await client.publishAsync(up(north), payload, { qos });
    await vi.waitFor(() => expect(payloads()).toEqual(sent.map(String)), { interval: 2, timeout: 5_000 });
  });

  test('hears nothing, not even itself', async () => {
    const { port } = await openTestBroker();
    const [listener, speaker] = [await connectDevice(port, north), await connectDevice(port, south)];
    const heard: string[] = [];
    listener.on('message', (topic) => heard.push(topic));
    await expect(listener.subscribeAsync(['#', '$SYS/#', up(south), up(north)], { qos: 1 })).rejects.toThrow(
      /128|0x80|Unspecified/,
    );
    await speaker.publishAsync(up(south), signedMessage(south, { seq: 1 }), { qos: 1, retain: true });
    await listener.publishAsync(up(north), signedMessage(north, { seq: 1 }), { qos: 1 });
    expect(heard).toEqual([]);
  });

  test('is acknowledged for what is bad, so that it does not come back for ever', async () => {
    const { port, quarantine, log } = await openTestBroker();
    const client = await connectDevice(port, north);
    const good = signedMessage(north, { seq: 1 });
    const forged = signedMessage({ ...south, id: 'north' }, { seq: 2 });
    const foreign = signedMessage(south, { seq: 1 });
    const payloads = [
      good,
      Buffer.from('{'),
      Buffer.alloc(0),
      Buffer.alloc(20_000),
      forged,
      foreign,
      good,
      signedMessage(north, { seq: 1, value: 1 }),
    ];
    for (const payload of payloads) await client.publishAsync(up(north), payload, { qos: 1 });
    expect(quarantine.counts()).toEqual({
      BAD_SIGNATURE: 1,
      DUPLICATE: 1,
      EQUIVOCATION: 1,
      IDENTITY_MISMATCH: 1,
      MALFORMED: 2,
      TOO_LARGE: 1,
    });
    expect(log.size()).toBe(2);
  });

  test.each([up(south), 'ty/v1/other/north/up', '$SYS/x/new/clients', 'anything', '/'])(
    'is acknowledged and quarantined for publishing to %s',
    async (topic) => {
      const { port, store, log } = await openTestBroker();
      const client = await connectDevice(port, north);
      await client.publishAsync(topic, signedMessage(north, { seq: 1 }), { qos: 1, retain: true });
      expect(store.sqlite.prepare('SELECT device, code, detail FROM quarantine').all()).toEqual([
        {
          device: 'north',
          code: 'IDENTITY_MISMATCH',
          detail: `published to ${topic}, which is not this device's topic`,
        },
      ]);
      expect(log.size()).toBe(0);
    },
  );

  test('cannot have another one disconnected at aedes’ own topics', async () => {
    const { port, payloads } = await openTestBroker();
    const victim = await connectDevice(port, south);
    const attacker = await connectDevice(port, north, {
      will: { topic: '$SYS/x/new/clients', payload: Buffer.from('south'), qos: 1, retain: false },
    });
    for (const qos of [0, 1, 2] as const) {
      await attacker.publishAsync('$SYS/x/new/clients', 'south', { qos });
      await attacker.publishAsync('$SYS/x/birth', 'x', { qos });
    }
    attacker.stream.destroy(); // its will is published
    await new Promise<void>((resolve) => void attacker.once('close', () => resolve()));
    await victim.publishAsync(up(south), signedMessage(south, { seq: 1 }), { qos: 1 });
    expect(payloads()).toHaveLength(1);
    expect(victim.connected).toBe(true);
  });

  test('that connects again takes over from its old connection, and loses and doubles nothing', async () => {
    const { port, payloads, quarantine } = await openTestBroker();
    const sent = Array.from({ length: 40 }, (_, i) => signedMessage(north, { seq: i + 1 }));
    const old = await openDeviceSocket(port, north);
    old.socket.write(
      Buffer.concat(sent.slice(0, 30).map((payload, i) => publishPacket(up(north), payload, i + 1))),
    );
    const fresh = await openDeviceSocket(port, north);
    await old.closed;
    const unacknowledged = old.acknowledged();
    fresh.socket.write(
      Buffer.concat(sent.slice(unacknowledged).map((payload, i) => publishPacket(up(north), payload, i + 1))),
    );
    await vi.waitFor(() => expect(fresh.acknowledged()).toBe(40 - unacknowledged), {
      interval: 2,
      timeout: 10_000,
    });
    expect(payloads()).toEqual(sent.map(String));
    expect(Object.keys(quarantine.counts()).filter((code) => code !== 'DUPLICATE')).toEqual([]);
  });

  test('that goes away in the middle of its messages has them kept, and is told of once', async () => {
    const { port, payloads, lines } = await openTestBroker();
    const { socket, closed } = await openDeviceSocket(port, north);
    const sent = Array.from({ length: 50 }, (_, i) => signedMessage(north, { seq: i + 1 }));
    socket.write(Buffer.concat(sent.map((payload, i) => publishPacket(up(north), payload, i + 1))), () =>
      socket.destroy(),
    );
    await closed;
    await vi.waitFor(() => expect(payloads()).toEqual(sent.map(String)), { interval: 5, timeout: 10_000 });
    await nextTurn();
    expect(lines.filter(({ level }) => level >= 40).length).toBeLessThanOrEqual(1);
  });

  test('has its status noted, and its will', async () => {
    const { port, lines, log } = await openTestBroker();
    const status = 'ty/v1/gw/north/status';
    const client = await connectDevice(port, north, {
      will: { topic: status, payload: Buffer.from('offline'), qos: 1, retain: true },
    });
    await client.publishAsync(status, 'online', { qos: 1, retain: true });
    client.stream.destroy();
    await vi.waitFor(() =>
      expect(lines.filter(({ msg }) => msg === 'device status')).toMatchObject([
        { status: 'online' },
        { status: 'offline' },
      ]),
    );
    expect(log.size()).toBe(0);
  });

  test('may leave a signed message as its will', async () => {
    const { port, payloads } = await openTestBroker();
    const last = signedMessage(north, { seq: 9 });
    const client = await connectDevice(port, north, {
      will: { topic: up(north), payload: last, qos: 1, retain: false },
    });
    client.stream.destroy();
    await vi.waitFor(() => expect(payloads()).toEqual([last.toString()]));
  });
});

describe('a QoS 2 message', () => {
  test('that is sent again before its PUBREL is kept once', async () => {
    const { port, payloads } = await openTestBroker();
    const { socket, received } = await openDeviceSocket(port, north);
    const message = signedMessage(north, { seq: 1 });
    const publish = publishPacket(up(north), message, 7, 2);
    socket.write(publish);
    await vi.waitFor(() => expect([...received().subarray(4)]).toEqual([0x50, 2, 0, 7]), { interval: 2 });
    publish[0]! |= 0x08; // DUP
    socket.write(publish);
    await vi.waitFor(() => expect([...received().subarray(8)]).toEqual([0x50, 2, 0, 7]), { interval: 2 });
    socket.write(Buffer.of(0x62, 2, 0, 7, 0x62, 2, 0, 7));
    await vi.waitFor(() => expect([...received().subarray(12)]).toEqual([0x70, 2, 0, 7, 0x70, 2, 0, 7]), {
      interval: 2,
    });
    expect(payloads()).toEqual([message.toString()]);
  });
});

describe('what cannot be kept', () => {
  test('is not acknowledged: the connection ends, and what comes again is kept in order', async () => {
    const { port, store, payloads, lost, lines } = await openTestBroker();
    const sent = Array.from({ length: 20 }, (_, i) => signedMessage(north, { seq: i + 1 }));
    const first = await openDeviceSocket(port, north);
    const fault = failInserts(store, 'entries', 0);
    first.socket.write(Buffer.concat(sent.map((payload, i) => publishPacket(up(north), payload, i + 1))));
    await first.closed;
    expect(first.acknowledged()).toBe(0);
    expect(payloads()).toEqual([]);
    expect(lost.length).toBeGreaterThan(0);
    expect(lines.filter(({ level }) => level >= 40)).toHaveLength(1); // not one a message
    fault.stop();
    const second = await openDeviceSocket(port, north);
    second.socket.write(Buffer.concat(sent.map((payload, i) => publishPacket(up(north), payload, i + 1))));
    await vi.waitFor(() => expect(second.acknowledged()).toBe(20), { interval: 2, timeout: 10_000 });
    expect(payloads()).toEqual(sent.map(String));
  });

  test('for a register that cannot be read is not acknowledged either, and comes again', async () => {
    const { port, store, payloads } = await openTestBroker();
    const sent = [1, 2, 3].map((seq) => signedMessage(north, { seq }));
    const packets = Buffer.concat(sent.map((payload, i) => publishPacket(up(north), payload, i + 1)));
    const first = await openDeviceSocket(port, north);
    store.sqlite.exec('ALTER TABLE device_keys RENAME TO hidden_keys; ALTER TABLE devices RENAME TO hidden');
    first.socket.write(packets);
    await first.closed;
    expect(first.acknowledged()).toBe(0);
    store.sqlite.exec('ALTER TABLE hidden RENAME TO devices; ALTER TABLE hidden_keys RENAME TO device_keys');
    const second = await openDeviceSocket(port, north);
    second.socket.write(packets);
    await vi.waitFor(() => expect(second.acknowledged()).toBe(3), { interval: 2, timeout: 10_000 });
    expect(payloads()).toEqual(sent.map(String));
  });

  test('ends only the connections of the devices that it hit', async () => {
    const { port, store } = await openTestBroker();
    const bystander = await connectDevice(port, south);
    const { socket, closed } = await openDeviceSocket(port, north);
    const fault = failInserts(store, 'entries', 0);
    socket.write(publishPacket(up(north), signedMessage(north, { seq: 1 })));
    await closed;
    fault.stop();
    await bystander.publishAsync(up(south), signedMessage(south, { seq: 1 }), { qos: 1 });
    expect(bystander.connected).toBe(true);
  });
});

describe('packets that are too large', () => {
  test('up to a bound are read, acknowledged and quarantined', async () => {
    const { port, quarantine } = await openTestBroker();
    const { socket, acknowledged } = await openDeviceSocket(port, north);
    const topic = up(north);
    socket.write(publishPacket(topic, Buffer.alloc(maxPacketBytes - topic.length - 4, 'x')));
    await vi.waitFor(() => expect(acknowledged()).toBe(1), { interval: 2, timeout: 5_000 });
    expect(quarantine.counts()).toEqual({ TOO_LARGE: 1 });
  });

  test('end the connection when they are announced, before they have come', async () => {
    const { port, quarantine } = await openTestBroker();
    const { socket, closed, acknowledged } = await openDeviceSocket(port, north);
    socket.write(Buffer.of(0x32, 0xff, 0xff, 0xff, 0x7f));
    await closed;
    expect(acknowledged()).toBe(0);
    expect(quarantine.counts()).toEqual({});
  });

  test('from a stranger end the connection, long before 256 MiB are collected for an answer', async () => {
    const { port } = await openTestBroker();
    const announced = await openSocket(port);
    announced.socket.write(Buffer.of(0x10, 0xff, 0xff, 0xff, 0x7f));
    await announced.closed;
    const connect = await openSocket(port);
    connect.socket.write(
      packet(0x10, text('MQTT'), Buffer.of(4, 2, 0, 0), text('x'), Buffer.alloc(maxConnectBytes)),
    );
    await connect.closed;
    expect(connect.received()).toHaveLength(0);
  });
});

describe('no bytes end the broker', () => {
  const good = signedMessage(north, { seq: 1 });
  const packets = [
    connectPacket(north),
    publishPacket(up(north), good, 1, 1),
    publishPacket(up(north), good, 0, 1),
    publishPacket(up(north), good, 2, 2),
    publishPacket('', good),
    publishPacket('a/b/c/d/e/f/g', good),
    publishPacket('a\0b', good),
    publishPacket('+/#', good),
    packet(0x32, text('t')), // no message id
    packet(0x82, Buffer.of(0, 1), text('#'), Buffer.of(1)), // SUBSCRIBE
    packet(0x82, Buffer.of(0, 1)),
    packet(0x82, Buffer.of(0, 1), text('a/'.repeat(150)), Buffer.of(0)),
    packet(0xa2, Buffer.of(0, 1), text('#')), // UNSUBSCRIBE
    packet(0xa2, Buffer.of(0, 1), text('a/'.repeat(150))),
    packet(0x62, Buffer.of(0, 2)), // PUBREL
    packet(0x40, Buffer.of(0, 1)), // PUBACK
    packet(0x50, Buffer.of(0, 1)), // PUBREC
    packet(0x20, Buffer.of(0, 0)), // CONNACK
    packet(0xc0), // PINGREQ
    packet(0xd0), // PINGRESP
    packet(0xf0, Buffer.of(0, 0)), // AUTH
    packet(0xe0), // DISCONNECT
  ];

  test('whatever is sent, in whatever order, cut or flipped anywhere', async () => {
    const { port } = await openTestBroker();
    const step = fc.record({
      packet: fc.constantFrom(...packets),
      flip: fc.option(fc.nat()),
      cut: fc.option(fc.nat(), { freq: 8 }),
    });
    const stream = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .record({ isConnected: fc.boolean(), steps: fc.array(step, { maxLength: 6 }) })
        .map(({ isConnected, steps }) => {
          const parts = steps.map(({ packet: whole, flip, cut }) => {
            const bytes = Buffer.from(whole);
            if (flip !== null) bytes[(flip >> 3) % bytes.length]! ^= 1 << (flip & 7);
            return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
          });
          return Buffer.concat([...(isConnected ? [packets[0]!] : []), ...parts]);
        }),
    );
    await fc.assert(
      fc.asyncProperty(stream, async (bytes) => {
        const { socket, closed } = await openSocket(port);
        socket.end(bytes);
        socket.resume();
        await closed;
      }),
      { numRuns: 250 },
    );
    const client = await connectDevice(port, south);
    await client.publishAsync(up(south), signedMessage(south, { seq: 1 }), { qos: 1 });
  });
});

/** A pool that answers only when it is released. */
function newHeldVerify() {
  const released = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let calls = 0;
  const verify: VerifyPool['verify'] = async (messages, keyring) => {
    calls += 1;
    asked.resolve();
    await released.promise;
    return pool.verify(messages, keyring);
  };
  return { verify, asked: asked.promise, release: released.resolve, calls: () => calls };
}

describe('closing', () => {
  test.each([1, 2])(
    'acknowledges what was taken with QoS %i, and ends every connection, silent ones included',
    async (qos) => {
      const held = newHeldVerify();
      const { port, payloads, close } = await openTestBroker(held);
      await openSocket(port); // says nothing
      const half = await openSocket(port);
      half.socket.write(connectPacket(south).subarray(0, 9));
      const { socket, acknowledged, closed } = await openDeviceSocket(port, north);
      const sent = Array.from({ length: 30 }, (_, i) => signedMessage(north, { seq: i + 1 }));
      socket.write(Buffer.concat(sent.map((payload, i) => publishPacket(up(north), payload, i + 1, qos))));
      await held.asked;
      const closing = close();
      held.release();
      await closing;
      await closed;
      expect(payloads()).toEqual(sent.map(String));
      expect(acknowledged()).toBe(30);
    },
  );

  test('takes nothing more, however long what was taken needs', async () => {
    const held = newHeldVerify();
    const { port, close, payloads } = await openTestBroker(held);
    const first = await openDeviceSocket(port, north);
    const second = await openDeviceSocket(port, south);
    first.socket.write(publishPacket(up(north), signedMessage(north, { seq: 1 })));
    await held.asked;
    const closing = close();
    const pingRequest = packet(0xc0);
    second.socket.write(
      Buffer.concat([publishPacket(up(south), signedMessage(south, { seq: 1 })), pingRequest]),
    );
    await vi.waitFor(() => expect([...second.received().subarray(4)]).toEqual([0xd0, 0]), { interval: 2 });
    held.release();
    await closing;
    await second.closed;
    expect(second.received()).toHaveLength(6); // no PUBACK
    expect(payloads()).toHaveLength(1);
    expect(first.acknowledged()).toBe(1);
  });

  test('takes no last wills any more', async () => {
    const held = newHeldVerify();
    const { port, close, lines } = await openTestBroker(held);
    const will = {
      topic: up(north),
      payload: signedMessage(north, { seq: 1 }),
      qos: 1 as const,
      retain: false,
    };
    await connectDevice(port, north, { will });
    await close();
    await nextTurn();
    expect(held.calls()).toBe(0);
    expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
  });
});
