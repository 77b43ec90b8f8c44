import { encodeBase64, encodeBase64url, newSecretKey, signClaim, signEd25519 } from '@tianyuan/protocol';
import { webcrypto } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import pino from 'pino';
import { type VerifyPool, openVerifyPool } from '../accept/verify-pool.ts';
import { openStore } from '../keep/store.ts';
import { type TestBroker, connectDevice, openTestBroker, testGateway } from '../test-broker.ts';
import { type TestDevice, newTestDevice, signedMessage } from '../test-device.ts';
import { type ClaimDesk, openClaimDesk } from './claim-desk.ts';
import { openClaimServer } from './claim-server.ts';
import { approveClaim, inviteDevice, liveClaims, withdrawClaims } from './claims.ts';
import { enrolDevice, listDevices } from './enrol-device.ts';
import { Pkcs10CertificateRequestGenerator } from './x509.ts';

const later = Date.now() + 3_600_000;
let pool: VerifyPool;
let door: TestBroker;
let desk: ClaimDesk;
beforeAll(() => {
  pool = openVerifyPool(1);
});
afterAll(() => pool.close());
beforeEach(async () => {
  door = await openTestBroker(pool);
  const { store, authority, register } = door;
  desk = openClaimDesk(store, { authority, now: Date.now, onChange: register.touch });
  onTestFinished(() => door.close());
});

const invite = (device: string, { autoApprove = false, expiresAt = later } = {}) =>
  inviteDevice(door.store, { device, expiresAt, autoApprove }, Date.now());

function claimOf(
  { id, secretKey, publicKey }: TestDevice,
  claim: string,
  more: { csr?: string; last?: { boot: number; seq: number } } = {},
): Buffer {
  const unsigned = { device: id, claim, publicKey: encodeBase64(publicKey), ...more };
  return Buffer.from(signClaim(unsigned, (input) => signEd25519(secretKey, input)));
}

async function csrOf(name: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return Buffer.from(request.rawData).toString('base64');
}

const requests = () => door.store.sqlite.prepare('SELECT kind, device, key FROM registry_requests').all();
const truck = newTestDevice('truck');

describe('a claim', () => {
  test('waits for the owner, then gets a token that lets the device in', async () => {
    const claim = invite('truck');
    expect(await desk.present(claimOf(truck, claim))).toEqual({ v: 1, device: 'truck', state: 'waiting' });
    expect(listDevices(door.store)).toEqual([]);
    approveClaim(door.store, 'truck', 5);
    const answer = await desk.present(claimOf(truck, claim));
    expect(answer).toMatchObject({ state: 'approved', key: 1, token: expect.stringMatching(/^[\w-]{43}$/) });
    const client = await connectDevice(door.broker, { ...truck, token: (answer as { token: string }).token });
    onTestFinished(() => void client.end(true));
    await client.publishAsync('ty/v1/gw/truck/up', signedMessage(truck, { seq: 1 }), { qos: 1 });
    expect(door.payloads()).toHaveLength(1);
    expect(requests()).toEqual([{ kind: 'enrol', device: 'truck', key: 1 }]);
  });

  test('that was invited so is approved without being asked', async () => {
    const claim = invite('truck', { autoApprove: true });
    expect(await desk.present(claimOf(truck, claim))).toMatchObject({ state: 'approved', key: 1 });
  });

  test('whose answer was lost is answered again, until the device has come in with it', async () => {
    const claim = invite('truck', { autoApprove: true });
    const first = (await desk.present(claimOf(truck, claim))) as { token: string };
    const second = (await desk.present(claimOf(truck, claim))) as { token: string };
    expect(second.token).not.toBe(first.token);
    expect(door.register.authenticates('truck', Buffer.from(first.token))).toBe(false);
    const client = await connectDevice(door.broker, { ...truck, token: second.token });
    onTestFinished(() => void client.end(true));
    expect(await desk.present(claimOf(truck, claim))).toMatchObject({ state: 'refused', code: 'USED' });
    expect(door.register.authenticates('truck', Buffer.from(second.token))).toBe(true);
    expect(listDevices(door.store)).toHaveLength(1);
  });

  test('is its first presenter’s: who else shows the token is refused, before and after approval', async () => {
    const claim = invite('truck');
    await desk.present(claimOf(truck, claim));
    const thief = newTestDevice('truck');
    expect(await desk.present(claimOf(thief, claim))).toMatchObject({ state: 'refused', code: 'TAKEN' });
    approveClaim(door.store, 'truck', 5);
    expect(await desk.present(claimOf(thief, claim))).toMatchObject({ state: 'refused', code: 'TAKEN' });
    expect(await desk.present(claimOf(truck, claim))).toMatchObject({ state: 'approved' });
  });

  test('under a token that was withdrawn, replaced, another device’s, or never given is refused', async () => {
    const withdrawn = invite('truck');
    withdrawClaims(door.store, 'truck');
    const replaced = invite('truck');
    const current = invite('truck');
    const never = encodeBase64url(newSecretKey());
    for (const [device, claim] of [
      [truck, withdrawn],
      [truck, replaced],
      [newTestDevice('van'), current],
      [truck, never],
    ] as const) {
      expect(await desk.present(claimOf(device, claim))).toMatchObject({ code: 'UNKNOWN_CLAIM' });
    }
    expect(await desk.present(claimOf(truck, current))).toMatchObject({ state: 'waiting' });
  });

  test('after the token’s end is refused; one that was shown in time waits as long as it takes', async () => {
    const claim = invite('truck', { expiresAt: Date.now() - 1 });
    expect(await desk.present(claimOf(truck, claim))).toMatchObject({ code: 'EXPIRED' });
    expect(desk.opens('truck', Buffer.from(claim))).toBe(false);
    const timely = invite('truck');
    await desk.present(claimOf(truck, timely));
    door.store.sqlite.exec('UPDATE claims SET expires_at = 1');
    approveClaim(door.store, 'truck', 5);
    expect(await desk.present(claimOf(truck, timely))).toMatchObject({ state: 'approved' });
  });

  test('with a key that somebody has is refused', async () => {
    const van = newTestDevice('van');
    enrolDevice(
      door.store,
      { device: 'van', key: 1, publicKey: encodeBase64(van.publicKey), token: 'the-token-of-van' },
      1,
    );
    const answer = await desk.present(claimOf({ ...van, id: 'truck' }, invite('truck')));
    expect(answer).toMatchObject({ code: 'KEY_CONFLICT' });
  });

  test('that cannot be read is answered as malformed, to nobody', async () => {
    expect(await desk.present(Buffer.from('{}'))).toMatchObject({ device: 'unknown', code: 'MALFORMED' });
  });

  test('of a device that has a key hands over to the new one where the device says', async () => {
    enrolDevice(
      door.store,
      { device: 'truck', key: 1, publicKey: encodeBase64(truck.publicKey), token: truck.token },
      1,
    );
    const fresh = newTestDevice('truck');
    const claim = invite('truck', { autoApprove: true });
    const answer = await desk.present(claimOf(fresh, claim, { last: { boot: 3, seq: 9 } }));
    expect(answer).toMatchObject({ state: 'approved', key: 2 });
    expect(door.register.keyring().get('truck/1')).toMatchObject({
      last: { boot: 3, seq: 9 },
      revoked: false,
    });
    expect(door.register.keyring().get('truck/2')).toMatchObject({ publicKey: Buffer.from(fresh.publicKey) });
    expect(requests()).toEqual([
      { kind: 'enrol', device: 'truck', key: 1 },
      { kind: 'rotate', device: 'truck', key: 2 },
    ]);
  });

  test('keeps nothing that would show the token', async () => {
    const claim = invite('truck');
    await desk.present(claimOf(truck, claim));
    const stored = JSON.stringify(door.store.sqlite.prepare('SELECT * FROM claims').all());
    expect(stored).not.toContain(claim);
    expect(stored).not.toContain(Buffer.from(claim).toString('hex'));
  });
});

describe('with a certificate request', () => {
  test('gets a certificate, the same one again, and comes in with it', async () => {
    const claim = invite('truck', { autoApprove: true });
    const csr = await csrOf('truck');
    const answer = await desk.present(claimOf(truck, claim, { csr }));
    expect(answer).toMatchObject({
      state: 'approved',
      certificate: expect.stringContaining('BEGIN CERTIFICATE'),
    });
    expect(await desk.present(claimOf(truck, claim, { csr }))).toEqual(answer);
    expect(door.store.sqlite.prepare('SELECT device FROM certificates').all()).toEqual([{ device: 'truck' }]);
  });

  test('for somebody else costs the device nothing', async () => {
    const claim = invite('truck', { autoApprove: true });
    const csr = await csrOf('van');
    expect(await desk.present(claimOf(truck, claim, { csr }))).toMatchObject({ code: 'BAD_REQUEST' });
    expect(liveClaims(door.store)).toMatchObject([{ state: 'open' }]);
    expect(await desk.present(claimOf(truck, claim))).toMatchObject({ state: 'approved' });
  });

  test('at a gateway without an authority is refused', async () => {
    const without = openClaimDesk(door.store, { authority: undefined, now: Date.now, onChange: () => {} });
    const claim = invite('truck');
    const csr = await csrOf('truck');
    expect(await without.present(claimOf(truck, claim, { csr }))).toMatchObject({ code: 'NO_CERTIFICATES' });
  });
});

describe('over MQTT', () => {
  async function connectClaimant(password: string): Promise<{ client: MqttClient; heard: object[] }> {
    const client = await connectDevice(door.broker, { ...truck, token: password });
    onTestFinished(() => void client.end(true));
    const heard: object[] = [];
    client.on('message', (topic, payload) =>
      heard.push({ topic, ...(JSON.parse(payload.toString()) as object) }),
    );
    await client.subscribeAsync(`ty/v1/${testGateway}/truck/claimed`);
    return { client, heard };
  }
  const shown = 'ty/v1/gw/truck/claim';
  const soon = { interval: 2, timeout: 10_000 };

  test('a claimant is told that it waits, and that it was approved by another process', async () => {
    const claim = invite('truck');
    const { client, heard } = await connectClaimant(claim);
    await client.publishAsync(shown, claimOf(truck, claim), { qos: 1 });
    await vi.waitFor(() => expect(heard).toMatchObject([{ state: 'waiting' }]), soon);
    const elsewhere = openStore(door.dataDir);
    onTestFinished(elsewhere.close);
    approveClaim(elsewhere, 'truck', 5);
    await vi.waitFor(() => expect(heard).toMatchObject([{}, { state: 'approved', key: 1 }]), soon);
    expect(heard.every((one) => (one as { topic: string }).topic === 'ty/v1/gw/truck/claimed')).toBe(true);
  });

  test('a claimant may do nothing else: no readings, no other topic, no ear for others', async () => {
    const claim = invite('truck');
    for (const topic of ['ty/v1/gw/truck/up', 'ty/v1/gw/van/claim', '$SYS/x/new/clients']) {
      const { client } = await connectClaimant(claim);
      const closed = new Promise((resolve) => void client.once('close', () => resolve('closed')));
      client.publish(topic, claimOf(truck, claim), { qos: 1 }, () => {});
      expect(await closed).toBe('closed');
    }
    const { client } = await connectClaimant(claim);
    await expect(client.subscribeAsync('ty/v1/gw/+/claimed')).rejects.toThrow(/128|0x80|Unspecified/);
    expect([door.payloads(), door.quarantine.counts()]).toEqual([[], {}]);
  });

  test('no device can publish an answer, or hear one', async () => {
    enrolDevice(
      door.store,
      {
        device: 'van',
        key: 1,
        publicKey: encodeBase64(newTestDevice('van').publicKey),
        token: 'the-token-of-van',
      },
      1,
    );
    const claim = invite('truck');
    const { client, heard } = await connectClaimant(claim);
    const van = await connectDevice(door.broker, newTestDevice('van'));
    onTestFinished(() => void van.end(true));
    await van.publishAsync('ty/v1/gw/truck/claimed', '{"state":"approved"}', { qos: 1 });
    await expect(van.subscribeAsync('ty/v1/gw/truck/claimed')).rejects.toThrow(/128|0x80|Unspecified/);
    await client.publishAsync(shown, claimOf(truck, claim), { qos: 1 });
    await vi.waitFor(() => expect(heard).toMatchObject([{ state: 'waiting' }]), soon);
  });

  test('a token that was used up lets nobody in', async () => {
    const claim = invite('truck');
    withdrawClaims(door.store, 'truck');
    await expect(connectClaimant(claim)).rejects.toThrow(/Not authorized/);
  });
});

describe('over HTTP', () => {
  async function openServer() {
    const server = await openClaimServer({
      host: '127.0.0.1',
      port: 0,
      tls: undefined,
      desk,
      logger: pino({ level: 'silent' }),
    });
    onTestFinished(() => server.close());
    const post = async (body: Uint8Array) => {
      const response = await fetch(`http://127.0.0.1:${server.port}/claim`, {
        method: 'POST',
        body: Buffer.from(body),
      });
      return { status: response.status, text: await response.text() };
    };
    return post;
  }

  test('the status says where the claim stands', async () => {
    const post = await openServer();
    const claim = invite('truck');
    expect((await post(claimOf(truck, claim))).status).toBe(202);
    approveClaim(door.store, 'truck', 5);
    const { status, text } = await post(claimOf(truck, claim));
    expect([status, JSON.parse(text)]).toMatchObject([200, { state: 'approved', key: 1 }]);
    expect((await post(Buffer.from('{}'))).status).toBe(400);
    expect((await post(claimOf(newTestDevice('truck'), claim))).status).toBe(403);
    expect((await post(Buffer.alloc(5000))).status).toBe(413);
  });

  test('who asks too often is told so, and nothing is computed', async () => {
    const post = await openServer();
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(Buffer.from('{}'))));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(15);
    expect(answers.some(({ status }) => status === 400)).toBe(true);
  });
});
