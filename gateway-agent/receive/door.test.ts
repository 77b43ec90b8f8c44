import type { SecureContextOptions } from 'node:tls';
import type { IClientOptions } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type VerifyPool, openVerifyPool } from '../accept/verify-pool.ts';
import { openAuthority } from '../devices/certificate-authority.ts';
import { revokeCertificates } from '../devices/certificates.ts';
import { enrolDevice } from '../devices/enrol-device.ts';
import { revokeDevice } from '../devices/revoke-device.ts';
import { openStore } from '../keep/store.ts';
import {
  type TestBroker,
  connectDevice,
  connectPacket,
  issueTo,
  openSocket,
  openTestBroker,
  publishPacket,
  subscribePacket,
} from '../test-broker.ts';
import { type TestDevice, enrolmentOf, newTestDevice, signedMessage } from '../test-device.ts';
import { newTestDirectory } from '../test-store.ts';
import type { BrokerLimits } from './default-limits.ts';

const north = newTestDevice('north');
const south = newTestDevice('south');
const up = ({ id }: TestDevice) => `ty/v1/gw/${id}/up`;
const soon = { interval: 2, timeout: 10_000 };

let pool: VerifyPool;
let door: TestBroker;
beforeAll(() => {
  pool = openVerifyPool(1);
});
afterAll(() => pool.close());

async function open(options: { limits?: Partial<BrokerLimits>; requireCertificate?: boolean } = {}) {
  door = await openTestBroker(pool, options);
  for (const device of [north, south]) enrolDevice(door.store, enrolmentOf(device), 0);
  onTestFinished(() => door.close());
}

/** How a connection with these options ends: 'connected', a CONNACK code, or that the socket was closed. */
async function attempt(options: IClientOptions & SecureContextOptions, device = north): Promise<unknown> {
  try {
    const client = await connectDevice(door.broker, device, options);
    onTestFinished(() => void client.end(true));
    return 'connected';
  } catch (error) {
    const { code } = error as { code?: unknown };
    return typeof code === 'number' ? code : 'closed';
  }
}

const nobody = { username: undefined, password: undefined } as unknown as IClientOptions;

describe('identity: client id, user name and certificate say the same, or nobody comes in', () => {
  let ca: string;
  let own: { cert: string; key: string };
  let foreign: { cert: string; key: string };
  beforeEach(async () => {
    await open();
    ca = door.authority.certificate;
    own = await issueTo(door, 'north');
    foreign = await issueTo(door, 'south');
  });

  test('a certificate alone, a token alone, or both let a device in', async () => {
    expect(await attempt({ ca, ...own, ...nobody })).toBe('connected');
    expect(await attempt({ ca })).toBe('connected');
    expect(await attempt({ ca, ...own })).toBe('connected');
    expect(await attempt({})).toBe('connected');
    expect(door.turnedAway).toEqual([]);
  });

  test.each<[string, () => IClientOptions, string]>([
    ['another device’s certificate', () => ({ ca, ...foreign, ...nobody }), 'IDENTITY_MISMATCH'],
    ['another device’s certificate beside its own token', () => ({ ca, ...foreign }), 'IDENTITY_MISMATCH'],
    [
      'its certificate beside another user name',
      () => ({ ca, ...own, username: 'south' }),
      'IDENTITY_MISMATCH',
    ],
    [
      'its certificate beside another device’s token',
      () => ({ ca, ...own, password: south.token }),
      'WRONG_TOKEN',
    ],
    [
      'its certificate and token under another client id',
      () => ({ ca, ...own, clientId: 'south' }),
      'IDENTITY_MISMATCH',
    ],
    [
      'its certificate under another client id',
      () => ({ ca, ...own, ...nobody, clientId: 'south' }),
      'IDENTITY_MISMATCH',
    ],
    ['nothing, over TLS', () => ({ ca, ...nobody }), 'NO_CREDENTIAL'],
    ['nothing', () => nobody, 'NO_CREDENTIAL'],
    ['a wrong token', () => ({ password: 'wrong' }), 'WRONG_TOKEN'],
  ])('not with %s', async (_, options, reason) => {
    expect(await attempt(options())).toBe(5);
    expect(door.turnedAway).toEqual([reason]);
  });

  test('not with a certificate of the authority that the gateway does not remember', async () => {
    const unknown = await issueTo(door, 'north', { remember: false });
    expect(await attempt({ ca, ...unknown, ...nobody })).toBe(5);
    const otherwise = await issueTo(door, 'north', { remember: 'south' });
    expect(await attempt({ ca, ...otherwise, ...nobody })).toBe(5);
    expect(door.turnedAway).toEqual(['UNKNOWN_CERTIFICATE', 'IDENTITY_MISMATCH']);
  });

  test('not with a certificate of another authority, whatever it says', async () => {
    const { path, remove } = newTestDirectory();
    onTestFinished(remove);
    const authority = (await openAuthority(path, { create: true }))!;
    const forged = await issueTo({ authority, store: door.store }, 'north');
    expect(await attempt({ ca, ...forged })).toBe('closed');
    expect(door.turnedAway).toEqual(['UNTRUSTED_CERTIFICATE']);
  });

  test('what a device signed as somebody else is quarantined, certificate or not', async () => {
    const client = await connectDevice(door.broker, north, { ca, ...own, ...nobody });
    onTestFinished(() => void client.end(true));
    await client.publishAsync(up(north), signedMessage(south, { seq: 1 }), { qos: 1 });
    await client.publishAsync(up(south), signedMessage(south, { seq: 1 }), { qos: 1 });
    await client.publishAsync(up(north), signedMessage(north, { seq: 1 }), { qos: 1 });
    expect(door.quarantine.counts()).toEqual({ IDENTITY_MISMATCH: 2 });
    expect(door.payloads()).toHaveLength(1);
  });

  test('TLS 1.1 is not spoken', async () => {
    expect(await attempt({ ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).toBe('closed');
    await vi.waitFor(() => expect(door.turnedAway).toEqual(['TLS_FAILED']), soon);
    expect(await attempt({ ca, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })).toBe('connected');
    expect(await attempt({ ca, minVersion: 'TLSv1.3' })).toBe('connected');
  });
});

test('where certificates are required, a token is not enough over TLS', async () => {
  await open({ requireCertificate: true });
  const ca = door.authority.certificate;
  expect(await attempt({ ca })).toBe(5);
  expect(await attempt({ ca, ...(await issueTo(door, 'north')) })).toBe('connected');
  expect(await attempt({})).toBe('connected');
});

describe('revocation by another process', () => {
  const elsewhere = () => {
    const store = openStore(door.dataDir);
    onTestFinished(store.close);
    return store;
  };

  test('ends a live connection, lets nothing more of it in, and nobody in again', async () => {
    await open();
    const own = await issueTo(door, 'north');
    const secure = { ca: door.authority.certificate, ...own, ...nobody };
    const client = await connectDevice(door.broker, north, secure);
    const bystander = await connectDevice(door.broker, south);
    onTestFinished(() => void bystander.end(true));
    await client.publishAsync(up(north), signedMessage(north, { seq: 1 }), { qos: 1 });
    revokeCertificates(elsewhere(), 'north', own.serial, 1);
    const ended = new Promise((resolve) => void client.once('close', () => resolve('ended')));
    client.publish(up(north), signedMessage(north, { seq: 2 }), { qos: 1 }, () => {});
    expect(await ended).toBe('ended');
    expect(door.payloads()).toHaveLength(1);
    expect(await attempt(secure)).toBe(5);
    expect(door.turnedAway).toEqual(['CREDENTIAL_WITHDRAWN', 'REVOKED_CERTIFICATE']);
    expect(bystander.connected).toBe(true);
    expect(await attempt({})).toBe('connected'); // the token still counts
  });

  test('ends a silent connection too, and its last will says nothing any more', async () => {
    await open();
    const will = {
      topic: up(north),
      payload: signedMessage(north, { seq: 9 }),
      qos: 1 as const,
      retain: false,
    };
    const client = await connectDevice(door.broker, north, { will });
    const ended = new Promise((resolve) => void client.once('close', () => resolve('ended')));
    revokeDevice(elsewhere(), { device: 'north' }, 1);
    expect(await ended).toBe('ended');
    expect(await attempt({})).toBe(5);
    expect(door.turnedAway).toEqual(['CREDENTIAL_WITHDRAWN', 'REVOKED_DEVICE']);
    expect([door.payloads(), door.quarantine.counts()]).toEqual([[], {}]);
  });

  test('a new token ends who came with the old one', async () => {
    await open();
    const client = await connectDevice(door.broker, north);
    const ended = new Promise((resolve) => void client.once('close', () => resolve('ended')));
    enrolDevice(elsewhere(), { ...enrolmentOf(north), token: 'a token that is another' }, 1);
    expect(await ended).toBe('ended');
  });

  test('of a key alone keeps the connection: what it signs is quarantined', async () => {
    await open();
    const client = await connectDevice(door.broker, north);
    onTestFinished(() => void client.end(true));
    revokeDevice(elsewhere(), { device: 'north', key: 1 }, 1);
    await client.publishAsync(up(north), signedMessage(north, { seq: 1 }), { qos: 1 });
    expect(door.quarantine.counts()).toEqual({ REVOKED_KEY: 1 });
    expect(client.connected).toBe(true);
  });
});

describe('a device that sends too fast', () => {
  const limits = { ratePerSecond: 50, burst: 10 };

  test('is held back and loses nothing; others are not', async () => {
    await open({ limits });
    const flood = Array.from({ length: 40 }, (_, i) => signedMessage(north, { seq: i + 1 }));
    const { socket, received } = await openSocket(door.broker.port);
    onTestFinished(() => void socket.destroy());
    const calm = await connectDevice(door.broker, south);
    onTestFinished(() => void calm.end(true));
    socket.write(
      Buffer.concat([
        connectPacket(north),
        ...flood.map((payload, i) => publishPacket(up(north), payload, i + 1)),
      ]),
    );
    await vi.waitFor(() => expect(door.broker.rateLimited()).toEqual(['north']), soon);
    // While the other one waits: its neighbour is heard at once, in its own bucket.
    await calm.publishAsync(up(south), signedMessage(south, { seq: 1 }), { qos: 1 });
    expect(door.broker.rateLimited()).toEqual(['north']);
    expect(door.payloads().filter((payload) => payload.includes('north')).length).toBeLessThan(40);
    await vi.waitFor(() => expect((received().length - 4) / 4).toBe(40), soon);
    expect(door.payloads().filter((payload) => payload.includes('north'))).toEqual(flood.map(String));
    expect([door.broker.rateLimited(), door.held]).toEqual([[], ['north']]);
  });

  test('finds its bucket as it left it when it connects again, and what was held back comes once', async () => {
    await open({ limits: { ratePerSecond: 20, burst: 5 } });
    const flood = Array.from({ length: 15 }, (_, i) => signedMessage(north, { seq: i + 1 }));
    const send = async () => {
      const opened = await openSocket(door.broker.port);
      onTestFinished(() => void opened.socket.destroy());
      opened.socket.write(
        Buffer.concat([
          connectPacket(north),
          ...flood.map((payload, i) => publishPacket(up(north), payload, i + 1)),
        ]),
      );
      return opened;
    };
    const first = await send();
    await vi.waitFor(() => expect(door.payloads().length).toBeGreaterThanOrEqual(5), soon);
    first.socket.destroy();
    await first.closed;
    const second = await send();
    await vi.waitFor(() => expect(door.broker.rateLimited()).toEqual(['north']), soon);
    await vi.waitFor(() => expect((second.received().length - 4) / 4).toBe(15), soon);
    expect(door.payloads()).toEqual(flood.map(String));
  });

  test('has a limit of its own where the owner gave it one', async () => {
    await open({ limits: { ratePerSecond: 1, burst: 1 } });
    door.store.sqlite.exec("UPDATE devices SET rate_per_second = 1000, burst = 100 WHERE device = 'north'");
    const client = await connectDevice(door.broker, north);
    onTestFinished(() => void client.end(true));
    const sent = Array.from({ length: 30 }, (_, i) => signedMessage(north, { seq: i + 1 }));
    await Promise.all(sent.map((payload) => client.publishAsync(up(north), payload, { qos: 1 })));
    expect(door.held).toEqual([]);
  });

  test('is not cut for its silence while it is not read from', async () => {
    await open({ limits: { ratePerSecond: 2, burst: 1 } });
    const { socket, received } = await openSocket(door.broker.port);
    onTestFinished(() => void socket.destroy());
    const connect = connectPacket(north);
    connect[connect.indexOf('MQTT') + 7] = 1; // keep alive 1 s: the broker would cut after 1.5 s
    const flood = [1, 2, 3, 4, 5, 6].map((seq) =>
      publishPacket(up(north), signedMessage(north, { seq }), seq),
    );
    socket.write(Buffer.concat([connect, ...flood]));
    await vi.waitFor(() => expect((received().length - 4) / 4).toBe(6), soon);
  });
});

describe('bounds', () => {
  test('a CONNECT that never ends is cut, dribbled or not, over TCP and over TLS', async () => {
    await open({ limits: { connectTimeoutMs: 500 } });
    const ca = door.authority.certificate;
    const silent = await openSocket(door.broker.port);
    const half = await openSocket(door.broker.port, undefined);
    half.socket.write(connectPacket(north).subarray(0, 9));
    const dribbled = await openSocket(door.broker.port);
    const bytes = connectPacket(north);
    let at = 0;
    const dribble = setInterval(() => dribbled.socket.write(bytes.subarray(at, ++at)), 20);
    onTestFinished(() => clearInterval(dribble));
    const secure = await openSocket(door.broker.tlsPort!, { ca });
    const noHandshake = await openSocket(door.broker.tlsPort!);
    await Promise.all([silent, half, dribbled, secure, noHandshake].map(({ closed }) => closed));
    expect(door.turnedAway.toSorted()).toEqual([
      'NO_CONNECT',
      'NO_CONNECT',
      'NO_CONNECT',
      'NO_CONNECT',
      'TLS_FAILED',
    ]);
  });

  test('who opens connections and says nothing pushes out its own, never a device', async () => {
    await open({ limits: { connectTimeoutMs: 60_000 } });
    const device = await connectDevice(door.broker, north);
    onTestFinished(() => void device.end(true));
    const silent = await Promise.all(Array.from({ length: 150 }, () => openSocket(door.broker.port)));
    onTestFinished(() => silent.forEach(({ socket }) => socket.destroy()));
    const late = await connectDevice(door.broker, south);
    onTestFinished(() => void late.end(true));
    await late.publishAsync(up(south), signedMessage(south, { seq: 1 }), { qos: 1 });
    expect(device.connected).toBe(true);
    await vi.waitFor(() => expect(door.turnedAway.length).toBeGreaterThanOrEqual(22), soon);
    expect(new Set(door.turnedAway)).toEqual(new Set(['NO_CONNECT']));
  });

  test('connections have a number in all, and those that ended make room', async () => {
    await open({ limits: { maxConnections: 2 } });
    const first = await connectDevice(door.broker, north);
    const ca = door.authority.certificate;
    expect(await attempt({ ca }, south)).toBe('connected');
    expect(await attempt({ ca })).toBe('closed');
    await first.endAsync();
    await vi.waitFor(async () => expect(await attempt({ ca })).toBe('connected'), soon);
    expect(new Set(door.turnedAway)).toEqual(new Set(['TOO_MANY_CONNECTIONS']));
  });

  test('too many messages at once are none of ours', async () => {
    await open({ limits: { ratePerSecond: 1, burst: 1 } });
    const { socket, closed, received } = await openSocket(door.broker.port);
    const tiny = Array.from({ length: 600 }, (_, i) => publishPacket('x', Buffer.alloc(0), i + 1));
    socket.write(connectPacket(north));
    await vi.waitFor(() => expect(received()).toHaveLength(4), soon);
    socket.write(Buffer.concat(tiny));
    await closed;
    expect(door.turnedAway).toEqual(['TOO_MANY_IN_FLIGHT']);
  });

  test('who asks to hear over and over is ended', async () => {
    await open();
    const { socket, received, closed } = await openSocket(door.broker.port);
    socket.write(Buffer.concat([connectPacket(north), subscribePacket('#', '$SYS/#', up(south))]));
    await vi.waitFor(() => expect([...received().subarray(4)]).toEqual([0x90, 5, 0, 1, 128, 128, 128]), soon);
    socket.write(subscribePacket(...Array.from({ length: 40 }, (_, i) => `topic/${i}`)));
    await closed;
    expect(door.turnedAway).toEqual(['TOO_MANY_SUBSCRIPTIONS']);
  });
});
