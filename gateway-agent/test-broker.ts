import { once } from 'node:events';
import { type Socket, connect as connectSocket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import pino from 'pino';
import { openIntake } from './accept/intake.ts';
import type { VerifyPool } from './accept/verify-pool.ts';
import { applyRotation } from './devices/apply-rotation.ts';
import { type CertificateAuthority, openAuthority } from './devices/certificate-authority.ts';
import { rememberCertificate } from './devices/certificates.ts';
import { openClaimDesk } from './devices/claim-desk.ts';
import { openDeviceRegister } from './devices/device-register.ts';
import { openKeep } from './keep/keep.ts';
import { openQuarantine } from './keep/quarantine.ts';
import { openLog } from './log/log.ts';
import { type BrokerLimits, defaultLimits } from './receive/default-limits.ts';
import { type EmbeddedBroker, openEmbeddedBroker } from './receive/embedded-broker.ts';
import type { TurnedAwayReason } from './receive/turned-away.ts';
import type { TestDevice } from './test-device.ts';
import { newTestStore, testClock } from './test-store.ts';

export const testGateway = 'gw';

/** The real way from a receiver to disk, without a broker; and what went wrong on it. */
export function openTestWay(pool: VerifyPool) {
  const { store, dataDir, remove } = newTestStore();
  const log = openLog(store);
  const quarantine = openQuarantine(store, 1024 * 1024);
  const register = openDeviceRegister(store);
  const keep = openKeep(store, log, quarantine, {
    boot: 1,
    clock: testClock,
    onRotation(rotation) {
      applyRotation(store, rotation, 0);
      register.touch();
    },
  });
  const lost: unknown[] = [];
  const intake = openIntake(
    { pool, register, keep, clock: testClock },
    { onKept: () => {}, onLost: (error) => lost.push(error) },
  );
  const payloads = () =>
    (store.sqlite.prepare('SELECT payload FROM entries ORDER BY idx').pluck().all() as Buffer[]).map(String);
  return { store, dataDir, log, quarantine, register, intake, lost, payloads, remove };
}

/** A broker with TLS over the real way to disk, and its authority. `close` and `remove` it in this order. */
export async function openTestBroker(
  pool: VerifyPool,
  {
    limits = {},
    requireCertificate = false,
  }: { limits?: Partial<BrokerLimits>; requireCertificate?: boolean } = {},
) {
  const { store, dataDir, quarantine, register, intake, payloads, remove } = openTestWay(pool);
  const authority = (await openAuthority(dataDir, { create: true }))!;
  const server = await authority.issueServer(['localhost', '127.0.0.1']);
  const claims = openClaimDesk(store, { authority, now: Date.now, onChange: register.touch });
  const turnedAway: TurnedAwayReason[] = [];
  const held: string[] = [];
  const broker = await openEmbeddedBroker({
    gateway: testGateway,
    host: '127.0.0.1',
    port: 0,
    tls: {
      host: '127.0.0.1',
      port: 0,
      certificate: server.certificate + authority.certificate,
      privateKey: server.privateKey,
      authority: authority.certificate,
      requireCertificate,
    },
    limits: { ...defaultLimits, ...limits },
    register,
    claims,
    intake,
    logger: pino({ level: 'silent' }),
    events: {
      onTurnedAway: (reason) => turnedAway.push(reason),
      onRateLimited: (device) => held.push(device),
    },
  });
  return {
    broker,
    store,
    dataDir,
    authority,
    register,
    quarantine,
    turnedAway,
    held,
    payloads,
    async close() {
      await broker.close();
      remove();
    },
  };
}

export type TestBroker = Awaited<ReturnType<typeof openTestBroker>>;

/** A certificate that lets the device in; `remember: false` gives one that the gateway does not know. */
export async function issueTo(
  { authority, store }: { authority: CertificateAuthority; store: TestBroker['store'] },
  device: string,
  { remember = device }: { remember?: string | false } = {},
): Promise<{ cert: string; key: string; serial: string }> {
  const issued = await authority.issueDevice(device);
  if (remember !== false) rememberCertificate(store, remember, issued, 0);
  return { cert: issued.certificate, key: issued.privateKey, serial: issued.serial };
}

/** With the device's name and token where `options` say nothing else; over TLS where they have a `ca`. */
export async function connectDevice(
  { port, tlsPort }: Pick<EmbeddedBroker, 'port' | 'tlsPort'>,
  device: TestDevice,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const url = options.ca === undefined ? `mqtt://127.0.0.1:${port}` : `mqtts://127.0.0.1:${tlsPort}`;
  const client = mqtt.connect(url, {
    clientId: device.id,
    username: device.id,
    password: device.token,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    ...options,
  });
  // A broker that hangs up without a word makes MQTT.js say nothing but that it is closed.
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed before it was connected')));
  });
  client.on('error', () => {});
  return client;
}

export async function openSocket(
  port: number,
  tls?: ConnectionOptions,
): Promise<{ socket: Socket; closed: Promise<unknown>; received: () => Buffer }> {
  const socket =
    tls === undefined ? connectSocket(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', ...tls });
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => (received = Buffer.concat([received, chunk])));
  socket.on('error', () => {});
  // Not once() of node:events, which rejects where a reset comes before the close.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  return { socket, closed, received: () => received };
}

export const text = (value: string | Buffer) => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
};

/** MQTT 3.1.1 by hand, for what no decent client sends. */
export function packet(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = [type];
  let rest = body.length;
  do {
    header.push((rest % 128) + (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), body]);
}

export const connectPacket = ({ id, token }: TestDevice) =>
  packet(0x10, text('MQTT'), Buffer.of(4, 0xc2, 0, 0), text(id), text(id), text(token));
export const publishPacket = (topic: string, payload: Buffer, messageId = 1, qos = 1) =>
  packet(0x30 + qos * 2, text(topic), Buffer.of(messageId >> 8, messageId & 0xff), payload);
export const subscribePacket = (...topics: string[]) =>
  packet(0x82, Buffer.of(0, 1), ...topics.map((topic) => Buffer.concat([text(topic), Buffer.of(0)])));
