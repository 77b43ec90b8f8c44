import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AnchorClient, AppendRequest } from './anchor-client.ts';
import type { AnchorRecord } from './chain-event.ts';
import { deviceRegistryInterface, organisationId } from './contracts.ts';
import type { Cursor } from './cursor.ts';
import { enrol } from './enrol.ts';
import { type FollowStep, followAnchors } from './follow.ts';
import { startLocalChain } from './local/local-chain.ts';
import { openNode } from './node.ts';
import { readRevocations } from './registry.ts';
import { type TemporaryChain, makeLog, openTemporaryChain, organisation } from './temporary-chain.ts';
import { openTransactor } from './transactor.ts';

let chain: TemporaryChain;
let stop: AbortController;

beforeEach(async () => {
  chain = await openTemporaryChain();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await chain.remove();
});

function follow(cursor?: Cursor, onOutage?: () => void): AsyncGenerator<FollowStep, void, void> {
  const { rpcUrl } = chain.local;
  const options = { rpcUrl, deployment: chain.deployment, cursor, signal: stop.signal, pollMs: 20 };
  return followAnchors({ ...options, ...(onOutage && { onOutage }) });
}

/** Reads until what was read is enough. */
async function readUntil(
  steps: AsyncGenerator<FollowStep, void, void>,
  isEnough: (read: FollowStep[]) => boolean,
): Promise<FollowStep[]> {
  const read: FollowStep[] = [];
  while (!isEnough(read)) {
    const { value } = await steps.next();
    if (!value) throw new Error('the chain is followed no more');
    read.push(value);
  }
  return read;
}

const eventsOf = (read: FollowStep[]) => read.flatMap((step) => (step.kind === 'events' ? step.events : []));
const sizesOf = (read: FollowStep[]) =>
  eventsOf(read).flatMap((event) => (event.kind === 'Appended' ? event.size : []));
const hasSize = (size: number) => (read: FollowStep[]) => sizesOf(read).includes(size);

async function anchor(client: AnchorClient, request: AppendRequest): Promise<AnchorRecord> {
  return client.confirm(await client.append(request));
}

describe('following', () => {
  test('gives every event from the deployment on, in order, as it was confirmed', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    const first = await anchor(client, log.requestAt(0, 5));
    const steps = follow();
    const read = await readUntil(steps, hasSize(5));
    expect(eventsOf(read)).toEqual([
      expect.objectContaining({
        kind: 'LogOpened',
        organisation: organisationId('a farm').slice(2),
        anchorer: client.address,
      }),
      { kind: 'Appended', ...first },
    ]);
    const second = await anchor(client, log.requestAt(5, 9));
    expect(eventsOf(await readUntil(steps, hasSize(9)))).toEqual([{ kind: 'Appended', ...second }]);
  });

  test('goes on from a cursor without repeating or missing anything', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    await anchor(client, log.requestAt(0, 5));
    const read = await readUntil(follow(), hasSize(5));
    await anchor(client, log.requestAt(5, 9));
    const kept = JSON.parse(JSON.stringify(read.at(-1)!.cursor)) as Cursor;
    expect(sizesOf(await readUntil(follow(kept), hasSize(9)))).toEqual([9]);
  });

  test('reads a long history in bounded ranges', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    for (let size = 1; size <= 12; size++) await anchor(client, log.requestAt(size - 1, size));
    const { rpcUrl } = chain.local;
    const steps = followAnchors({ rpcUrl, deployment: chain.deployment, signal: stop.signal, maxBlocks: 3 });
    const read = await readUntil(steps, hasSize(12));
    expect(sizesOf(read)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(read.length).toBeGreaterThanOrEqual(5);
    expect(read.every((step) => step.kind === 'events' && step.events.length <= 3)).toBe(true);
  });

  test('tells of keys, and of their end in each log', async () => {
    const { origin, client } = await chain.openLog();
    const anchored = await anchor(client, makeLog(origin).requestAt(0, 40));
    const { rpcUrl } = chain.local;
    const [device, next] = [publicKeyOf(newSecretKey()), publicKeyOf(newSecretKey())];
    const registrarKey = chain.accounts.registrar.privateKey;
    const keys = [{ kind: 'device' as const, id: 'orchard-1', key: 1, publicKey: device }];
    await enrol({ rpcUrl, deployment: chain.deployment, keys, registrarKey, keysOf: organisation });
    const node = openNode({ rpcUrl, chainId: chain.local.chainId });
    const registrar = openTransactor(node, registrarKey, { pollMs: 20 });
    const call = async (name: string, args: unknown[]) => {
      const data = deviceRegistryInterface.encodeFunctionData(name, args);
      await registrar.confirm(await registrar.send({ to: chain.deployment.deviceRegistry.address, data }));
    };
    const another = '33'.repeat(32);
    await call('rotate', [device, next, 3, 77]);
    await call('revoke', [device, [{ logId: `0x${anchored.logId}`, fromIndex: 12 }]]);
    await call('revoke', [next, []]);

    const read = await readUntil(
      follow(),
      (some) => eventsOf(some).filter(({ kind }) => kind === 'KeyRevoked').length === 2,
    );
    const keyEvents = eventsOf(read).filter(({ kind }) => kind.startsWith('Key'));
    expect(keyEvents).toMatchObject([
      { kind: 'KeyEnrolled', subjectKind: 'device', publicKey: device, keyNumber: 1 },
      {
        kind: 'KeyRotated',
        publicKey: device,
        newPublicKey: next,
        newKeyNumber: 2,
        lastBoot: 3,
        lastSeq: 77,
      },
      { kind: 'KeyEnrolled', publicKey: next, keyNumber: 2 },
      { kind: 'KeyRevoked', publicKey: device },
      { kind: 'KeyCut', publicKey: device, logId: anchored.logId, fromIndex: 12 },
      { kind: 'KeyRevoked', publicKey: next },
    ]);
    expect(await readRevocations(node, chain.deployment, device, [anchored.logId, another])).toMatchObject([
      { fromIndex: 12, isNamed: true },
      { fromIndex: 0, isNamed: false },
    ]);
    expect(await readRevocations(node, chain.deployment, next, [anchored.logId])).toMatchObject([
      { fromIndex: 40, isNamed: false },
    ]);
    expect(await readRevocations(node, chain.deployment, publicKeyOf(newSecretKey()), [another])).toEqual([
      undefined,
    ]);
    node.close();
  });

  test('ends when it is told to, also in the middle of an outage', async () => {
    const steps = follow();
    await readUntil(steps, (read) => read.length > 0);
    await chain.local.stop();
    const waiting = steps.next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('a chain that went', () => {
  test('down and comes back is followed on', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    await anchor(client, log.requestAt(0, 5));
    const outage = Promise.withResolvers<void>();
    const steps = follow(undefined, outage.resolve);
    await readUntil(steps, hasSize(5));
    await chain.local.stop();
    const next = readUntil(steps, hasSize(9));
    await outage.promise;
    await chain.restart();
    await anchor(client, log.requestAt(5, 9));
    expect(sizesOf(await next)).toEqual([9]);
  });

  test('back is followed back, and forth again', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    const kept = await anchor(client, log.requestAt(0, 5));
    const lastSave = await chain.save();
    await anchor(client, log.requestAt(5, 9));
    const steps = follow();
    const before = await readUntil(steps, hasSize(9));
    await chain.crash(lastSave);
    await chain.restart();
    // As many blocks as had been there, and others.
    await anchor(client, log.requestAt(5, 7));
    const after = await readUntil(steps, hasSize(7));
    expect(after[0]).toMatchObject({ kind: 'rollback' });
    const { toBlock } = after[0] as { toBlock: number };
    expect(toBlock).toBeLessThanOrEqual(kept.blockNumber);
    // What is left of before, and came after, is what the chain has.
    const left = eventsOf(before).filter(({ blockNumber }) => blockNumber <= toBlock);
    const sizes = [...left, ...eventsOf(after)].flatMap((event) =>
      event.kind === 'Appended' ? event.size : [],
    );
    expect(sizes).toEqual([5, 7]);
  });

  test('back, with nothing new, is noticed as well', async () => {
    const { origin, client } = await chain.openLog();
    const lastSave = await chain.save();
    await anchor(client, makeLog(origin).requestAt(0, 5));
    const steps = follow();
    await readUntil(steps, hasSize(5));
    await chain.crash(lastSave);
    await chain.restart();
    expect((await readUntil(steps, (read) => read.length > 0))[0]).toMatchObject({ kind: 'rollback' });
  });

  test('for another one is noticed, and the new deployment followed with the old cursor', async () => {
    const { origin, client } = await chain.openLog();
    await anchor(client, makeLog(origin).requestAt(0, 5));
    const steps = follow();
    const read = await readUntil(steps, hasSize(5));
    await chain.local.stop();
    for (const file of ['state.json', 'state.json.good', 'state.json.saved.json'])
      await rm(join(chain.directory, file));
    const port = Number(new URL(chain.local.rpcUrl).port);
    // A genesis block has its second and nothing else that tells it from another.
    const began = Math.floor(Date.now() / 1000);
    await expect.poll(() => Math.floor(Date.now() / 1000)).toBeGreaterThan(began);
    chain.local = await startLocalChain({ directory: chain.directory, port });
    await expect(readUntil(steps, () => false)).rejects.toMatchObject({ code: 'DEPLOYMENT_OF_OTHER_CHAIN' });

    await chain.deployAgain();
    const { origin: another, client: fresh } = await chain.openLog();
    await anchor(fresh, makeLog(another).requestAt(0, 3));
    const again = await readUntil(follow(read.at(-1)!.cursor), hasSize(3));
    expect(again[0]).toMatchObject({ kind: 'rollback', toBlock: -1 });
    expect(sizesOf(again)).toEqual([3]);
  });
});

test('a deployment that is not on the chain is not followed', async () => {
  const { rpcUrl } = chain.local;
  const missing = { ...chain.deployment.anchorLog, address: `0x${'44'.repeat(20)}` };
  const deployment = { ...chain.deployment, anchorLog: missing };
  await expect(followAnchors({ rpcUrl, deployment, signal: stop.signal }).next()).rejects.toMatchObject({
    code: 'CONTRACT_MISSING',
  });
});
