import { join } from 'node:path';
import { logId } from '@tianyuan/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployContracts } from './deploy.ts';
import type { Deployment } from './deployment.ts';
import { handOverLog } from './hand-over.ts';
import { openNode } from './node.ts';
import { readEvents } from './read-events.ts';
import { type TemporaryChain, makeLog, openTemporaryChain, organisation } from './temporary-chain.ts';

let chain: TemporaryChain;
let next: Deployment;

beforeAll(async () => {
  chain = await openTemporaryChain();
  const { admin } = chain.accounts;
  const deployed = await deployContracts({
    rpcUrl: chain.local.rpcUrl,
    chainId: chain.local.chainId,
    file: join(chain.directory, 'next.json'),
    privateKey: admin.privateKey,
    roles: { organisations: [{ name: organisation, admin: admin.address }] },
    predecessor: chain.deployment,
    pollMs: 20,
  });
  next = deployed.deployment;
});
afterAll(() => chain.remove());

function handOver(origin: string) {
  const { admin, anchorerOf } = chain.accounts;
  return handOverLog({
    rpcUrl: chain.local.rpcUrl,
    from: chain.deployment,
    to: next,
    origin,
    organisation,
    anchorer: anchorerOf(origin).address,
    organisationKey: admin.privateKey,
    pollMs: 20,
  });
}

async function appendedOn(deployment: Deployment, origin: string) {
  const node = openNode({ rpcUrl: chain.local.rpcUrl, chainId: chain.local.chainId });
  try {
    const events = await node.ask(async (provider) =>
      readEvents(provider, deployment, { from: 0, to: await provider.getBlockNumber() }),
    );
    const id = Buffer.from(logId(origin)).toString('hex');
    return events.flatMap((event) =>
      event.kind === 'Appended' && event.logId === id
        ? [{ size: event.size, root: event.root, signature: event.signature }]
        : [],
    );
  } finally {
    node.close();
  }
}

test('a log goes on under a new contract from its last head, and nothing before it can be rewritten there', async () => {
  expect(next.predecessor).toBe(chain.deployment.anchorLog.address);
  const { origin, client } = await chain.openLog();
  const log = makeLog(origin);
  for (const [from, size] of [
    [0, 5],
    [5, 13],
  ] as const) {
    await client.confirm(await client.append(log.requestAt(from, size)));
  }
  expect(await handOver(origin)).toEqual({ size: 13, closed: true, opened: true, anchored: true });
  expect(await appendedOn(next, origin)).toEqual((await appendedOn(chain.deployment, origin)).slice(-1));
  await expect(client.append(log.requestAt(13, 20))).rejects.toMatchObject({ code: 'LOG_CLOSED' });

  const moved = chain.connect(origin, { deployment: next });
  const rewritten = makeLog(`${origin} told otherwise`).requestAt(13, 20);
  await expect(moved.append({ ...rewritten, logId: logId(origin) })).rejects.toMatchObject({
    code: 'INCONSISTENT',
  });
  await moved.confirm(await moved.append(log.requestAt(13, 20)));
  expect(await moved.head(logId(origin))).toMatchObject({ phase: 'open', size: 20 });
  // Again, nothing happens, and the organisation's account has no say over appends any more.
  expect(await handOver(origin)).toEqual({ size: 13, closed: false, opened: false, anchored: false });
  const asOrganisation = chain.connect(origin, {
    deployment: next,
    privateKey: chain.accounts.admin.privateKey,
  });
  await expect(asOrganisation.append(log.requestAt(20, 21))).rejects.toMatchObject({ code: 'MISSING_ROLE' });
});

test('a log that had nothing anchored begins anew, and one that never was is named', async () => {
  const { origin } = await chain.openLog();
  expect(await handOver(origin)).toEqual({ size: 0, closed: true, opened: true, anchored: false });
  await expect(handOver('never.example')).rejects.toMatchObject({ code: 'LOG_UNKNOWN' });
});
