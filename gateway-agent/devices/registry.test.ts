import { type ChainEvent, type Registrar, enrol, followAnchors, openRegistrar } from '@tianyuan/chain';
import {
  type TemporaryChain,
  makeLog,
  openTemporaryChain,
  organisation,
} from '@tianyuan/chain/temporary-chain.ts';
import { bytesToHex, encodeBase64, newSecretKey, publicKeyOf, sha256, utf8ToBytes } from '@tianyuan/protocol';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openKeep } from '../keep/keep.ts';
import { openQuarantine } from '../keep/quarantine.ts';
import { openLog } from '../log/log.ts';
import { encodeStatement } from '../log/statement.ts';
import { newTestDevice, enrolmentOf } from '../test-device.ts';
import { newTestStore, testClock } from '../test-store.ts';
import { addKey } from './device-keys.ts';
import { openDeviceRegister } from './device-register.ts';
import { enrolDevice } from './enrol-device.ts';
import { openRegistrationQueue } from './registration-queue.ts';
import { type Registry, openRegistry } from './open-registry.ts';
import { revokeDevice } from './revoke-device.ts';

const logger = pino({ level: 'silent' });
const soon = { interval: 20, timeout: 20_000 };
let chain: TemporaryChain;
let serial = 0;
beforeAll(async () => {
  chain = await openTemporaryChain();
});
afterAll(() => chain.remove());

/** A gateway's store and its registry; `run` follows until the test ends or it is stopped. */
function newGateway(origin = `gw-${++serial}.example`) {
  const { store, dataDir, remove } = newTestStore();
  const register = openDeviceRegister(store);
  const log = openLog(store);
  const keep = openKeep(store, log, openQuarantine(store, 1024), { boot: 1, clock: testClock });
  const registrarKey = join(dataDir, 'registrar.key');
  writeFileSync(registrarKey, chain.accounts.registrar.privateKey, { mode: 0o600 });
  const open = ({ asRegistrar }: { asRegistrar: boolean }): Registry =>
    openRegistry(
      store,
      {
        origin,
        chain: {
          rpcUrl: chain.local.rpcUrl,
          deployment: join(chain.directory, 'deployment.json'),
          accountKey: registrarKey,
          confirmations: 0,
          ...(asRegistrar && { registrarKey }),
        },
      },
      {
        onKeysChanged: register.touch,
        together: keep.together,
        keepStatement: (statement) => void keep.keepOwn('statement', encodeStatement(statement)),
        logger,
        pollMs: 20,
      },
    );
  const running: { stop: () => Promise<void> }[] = [];
  const run = (options: { asRegistrar: boolean }) => {
    const registry = open(options);
    const stopping = new AbortController();
    const done = registry.run(stopping.signal);
    const stop = async () => {
      stopping.abort();
      await done;
    };
    running.push({ stop });
    return { registry, stop };
  };
  onTestFinished(async () => {
    for (const { stop } of running) await stop();
    remove();
  });
  const statements = () =>
    (store.sqlite.prepare('SELECT payload FROM entries').pluck().all() as Buffer[]).map(
      (payload) =>
        JSON.parse(payload.toString()) as { statement: string; publicKey?: string; fromIndex?: number },
    );
  return { store, origin, register, run, statements };
}

const newDevice = () => newTestDevice(`device-${++serial}`);
const newKey = () => publicKeyOf(newSecretKey());

/** What the chain's registry says of a device, in short. */
async function eventsOf(id: string): Promise<string[]> {
  const subject = bytesToHex(sha256(utf8ToBytes(id)));
  const stopping = new AbortController();
  const events: string[] = [];
  for await (const step of followAnchors({
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    signal: stopping.signal,
    pollMs: 20,
  })) {
    const of = step.kind === 'events' ? step.events : [];
    events.push(
      ...of
        .filter((event: ChainEvent) => 'subject' in event && event.subject === subject)
        .map(({ kind }) => kind),
    );
    break; // one step reaches the newest block of a chain as short as this
  }
  return events;
}

const registrarOf = (): Registrar =>
  openRegistrar({
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    registrarKey: chain.accounts.registrar.privateKey,
    keysOf: organisation,
    pollMs: 20,
  });

/** A registrar's gateway has a log: its devices are of the organisation that opened it. */
const openedLog = async () => (await chain.openLog()).origin;

describe('a registrar gateway', () => {
  test('keeps its wishes while there is no chain, and tells each once when there is one', async () => {
    const { store, run } = newGateway(await openedLog());
    const device = newDevice();
    enrolDevice(store, enrolmentOf(device), 0);
    store.sqlite.transaction(() => addKey(store, { device: device.id, publicKey: newKey() }, 1)).immediate();
    revokeDevice(store, { device: device.id, key: 2 }, 2);
    const { registry, stop } = run({ asRegistrar: true });
    expect(registry.status().pending.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'enrol 1',
      'rotate 2',
      'revoke 2',
    ]);
    await vi.waitFor(() => expect(registry.status().pending).toEqual([]), soon);
    await stop();
    const again = run({ asRegistrar: true });
    await vi.waitFor(() => expect(again.registry.status().block).toBeGreaterThan(0), soon);
    expect(again.registry.status().pending).toEqual([]);
    expect(await eventsOf(device.id)).toEqual(['KeyEnrolled', 'KeyRotated', 'KeyEnrolled', 'KeyRevoked']);
  });

  test('that is killed between telling and seeing tells nothing twice', async () => {
    const { store, origin, run } = newGateway(await openedLog());
    const device = newDevice();
    enrolDevice(store, enrolmentOf(device), 0);
    // The answer is lost, again and again, and nothing is followed meanwhile.
    const hand = registrarOf();
    onTestFinished(() => hand.close());
    for (let kill = 0; kill < 3; kill++) {
      const stopping = new AbortController();
      let told = false;
      const lossy: Registrar = {
        ...hand,
        async enrol(key) {
          await hand.enrol(key);
          told = true;
          stopping.abort();
          throw new Error('killed');
        },
        close: () => {},
      };
      await openRegistrationQueue(store, logger, origin).run(async () => lossy, stopping.signal);
      expect(told).toBe(true);
    }
    const { registry } = run({ asRegistrar: true });
    await vi.waitFor(() => expect(registry.status().pending).toEqual([]), soon);
    expect(await eventsOf(device.id)).toEqual(['KeyEnrolled']);
  });

  test('goes on with the rest where one thing is refused, and says why', async () => {
    const { store, run } = newGateway(await openedLog());
    const [taken, fine] = [newDevice(), newDevice()];
    const foreign = newKey();
    await enrol({
      rpcUrl: chain.local.rpcUrl,
      deployment: chain.deployment,
      registrarKey: chain.accounts.registrar.privateKey,
      keysOf: organisation,
      keys: [{ kind: 'device', id: taken.id, key: 1, publicKey: foreign }],
    });
    for (const device of [taken, fine]) enrolDevice(store, enrolmentOf(device), 0);
    const { registry } = run({ asRegistrar: true });
    await vi.waitFor(
      () =>
        expect(registry.status().pending).toMatchObject([
          { device: taken.id, trouble: expect.stringContaining('is enrolled as') },
        ]),
      soon,
    );
    expect(await eventsOf(fine.id)).toEqual(['KeyEnrolled']);
  });
});

describe('every gateway', () => {
  test('learns keys, hand-overs and revocations of its devices from the registry, and keeps them', async () => {
    const { store, register, run } = newGateway();
    const device = newDevice();
    enrolDevice(store, enrolmentOf(device), 0);
    const hand = registrarOf();
    onTestFinished(() => hand.close());
    const [second, third] = [newKey(), newKey()];
    await hand.enrol({ kind: 'device', id: device.id, key: 1, publicKey: device.publicKey });
    await hand.rotate({
      id: device.id,
      key: 2,
      oldPublicKey: device.publicKey,
      publicKey: second,
      lastBoot: 4,
      lastSeq: 7,
    });
    const { stop } = run({ asRegistrar: false });
    const key = (number: number) => register.keyring().get(`${device.id}/${number}`);
    await vi.waitFor(
      () => expect(key(2)).toMatchObject({ publicKey: Buffer.from(second), revoked: false }),
      soon,
    );
    expect(key(1)).toMatchObject({ last: { boot: 4, seq: 7 }, revoked: false });
    await hand.revoke({ id: device.id, publicKey: second, cuts: [] });
    await hand.enrol({ kind: 'device', id: device.id, key: 3, publicKey: third });
    await vi.waitFor(() => expect(key(3)).toMatchObject({ revoked: false }), soon);
    expect(key(2)).toMatchObject({ revoked: true });
    await stop();
    // Without a link it is what it was.
    expect(key(2)).toMatchObject({ revoked: true });
    const other = newDevice();
    enrolDevice(store, enrolmentOf(other), 0);
    register.touch();
    expect(register.keyring().get(`${other.id}/1`)).toMatchObject({ revoked: false });
  });

  test('notes from which entry of its own log on a key does not count, and logs once that it learnt of it', async () => {
    const { origin, client } = await chain.openLog();
    await client.confirm(await client.append(makeLog(origin).requestAt(0, 50)));
    const { store, run, statements } = newGateway(origin);
    const [cut, plain, stranger] = [newDevice(), newDevice(), newDevice()];
    for (const device of [cut, plain]) enrolDevice(store, enrolmentOf(device), 0);
    const hand = registrarOf();
    onTestFinished(() => hand.close());
    for (const device of [cut, plain, stranger])
      await hand.enrol({ kind: 'device', id: device.id, key: 1, publicKey: device.publicKey });
    await hand.revoke({ id: cut.id, publicKey: cut.publicKey, cuts: [{ origin, fromIndex: 30 }] });
    for (const { id, publicKey } of [plain, stranger]) await hand.revoke({ id, publicKey, cuts: [] });
    const first = run({ asRegistrar: false });
    await vi.waitFor(() => expect(statements()).toHaveLength(2), soon);
    await first.stop();
    const { registry } = run({ asRegistrar: false });
    await vi.waitFor(() => expect(registry.status().block).toBeGreaterThan(0), soon);
    expect(statements()).toMatchObject([
      { statement: 'revocation', publicKey: encodeBase64(cut.publicKey), fromIndex: 30 },
      { statement: 'revocation', publicKey: encodeBase64(plain.publicKey), fromIndex: 50 },
    ]);
  });

  test('goes back with the chain: what it took back counts again, and its own wishes are told anew', async () => {
    const { store, register, run } = newGateway(await openedLog());
    const [lost, told] = [newDevice(), newDevice()];
    enrolDevice(store, enrolmentOf(lost), 0);
    const hand = registrarOf();
    onTestFinished(() => hand.close());
    await hand.enrol({ kind: 'device', id: lost.id, key: 1, publicKey: lost.publicKey });
    const saved = await chain.save();
    const first = run({ asRegistrar: true });
    await vi.waitFor(() => expect(first.registry.status().pending).toEqual([]), soon);
    const revoked = () => register.keyring().get(`${lost.id}/1`)!.revoked;
    await hand.revoke({ id: lost.id, publicKey: lost.publicKey, cuts: [] });
    enrolDevice(store, enrolmentOf(told), 0);
    await vi.waitFor(() => expect([revoked(), first.registry.status().pending]).toEqual([true, []]), soon);
    await chain.crash(saved);
    await chain.restart();
    await vi.waitFor(() => expect([revoked(), first.registry.status().pending]).toEqual([false, []]), {
      interval: 50,
      timeout: 60_000,
    });
    expect(await eventsOf(told.id)).toEqual(['KeyEnrolled']);
  }, 120_000);
});
