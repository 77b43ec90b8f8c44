import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { acceptAdminTransfer, cancelAdminTransfer, readAdmin } from './admin-transfer.ts';
import { type DeployOptions, deployContracts } from './deploy.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import { enrol } from './enrol.ts';
import { anchorerBalance, fundAccounts } from './fund.ts';
import { type ChainNode, openNode } from './node.ts';
import { type TemporaryChain, openTemporaryChain, organisation } from './temporary-chain.ts';
import { openTransactor } from './transactor.ts';

let chain: TemporaryChain;
let options: DeployOptions;

beforeAll(async () => {
  chain = await openTemporaryChain();
  options = {
    rpcUrl: chain.local.rpcUrl,
    chainId: chain.local.chainId,
    file: join(chain.directory, 'deployment.json'),
    privateKey: chain.accounts.admin.privateKey,
    pollMs: 20,
  };
});
afterAll(() => chain.remove());

const inOwnFile = (name: string): DeployOptions => ({
  ...options,
  file: join(chain.directory, `${name}.json`),
});

async function recordedAs(name: string, change: Partial<Deployment>): Promise<DeployOptions> {
  const own = inOwnFile(name);
  await writeFile(own.file, JSON.stringify({ ...chain.deployment, ...change }));
  return own;
}

test('deploying again does nothing', async () => {
  const record = await readFile(options.file, 'utf8');
  expect(await deployContracts(options)).toEqual({
    deployment: chain.deployment,
    outcome: 'reused',
    grants: 0,
  });
  expect(await readFile(options.file, 'utf8')).toBe(record);
});

test('deploying again grants what is new', async () => {
  const { address } = Wallet.createRandom();
  const roles = { pausers: [address], organisations: [{ name: 'a dairy', admin: address }] };
  expect(await deployContracts({ ...options, roles })).toMatchObject({ outcome: 'reused', grants: 2 });
  expect(await deployContracts({ ...options, roles })).toMatchObject({ outcome: 'reused', grants: 0 });
});

test('who admitted an organisation does not say who acts for it, or enrols its keys', async () => {
  const { address } = Wallet.createRandom();
  const dairy = { name: 'another dairy', admin: address };
  await deployContracts({ ...options, roles: { organisations: [dairy] } });
  for (const changed of [
    { ...dairy, admin: chain.accounts.admin.address },
    { ...dairy, registrars: [chain.accounts.registrar.address] },
  ]) {
    await expect(deployContracts({ ...options, roles: { organisations: [changed] } })).rejects.toMatchObject({
      code: 'MISSING_ROLE',
    });
  }
});

test('a record of another chain is not overwritten unasked', async () => {
  const own = await recordedAs('other-chain', { genesisHash: `0x${'55'.repeat(32)}` });
  await expect(deployContracts(own)).rejects.toMatchObject({ code: 'DEPLOYMENT_OF_OTHER_CHAIN' });
  const result = await deployContracts({ ...own, replace: true });
  expect(result.outcome).toBe('redeployed');
  expect(await readDeployment(own.file)).toEqual(result.deployment);
  expect(result.deployment.anchorLog.address).not.toBe(chain.deployment.anchorLog.address);
});

test('contracts that went with the last second are missed', async () => {
  const gone = { ...chain.deployment.anchorLog, address: `0x${'66'.repeat(20)}` };
  const own = await recordedAs('gone', { anchorLog: gone });
  expect(await deployContracts({ ...own, replace: true })).toMatchObject({ outcome: 'redeployed' });
});

test('a contract of another version is not spoken to', async () => {
  const own = await recordedAs('old', {
    anchorLog: { ...chain.deployment.anchorLog, abiVersion: '00000000' },
  });
  await expect(deployContracts(own)).rejects.toMatchObject({ code: 'CONTRACT_OUTDATED' });
});

test('a record that is none is said to be none', async () => {
  const own = inOwnFile('damaged');
  await writeFile(own.file, '{"version":1');
  await expect(deployContracts(own)).rejects.toMatchObject({ code: 'DEPLOYMENT_UNREADABLE' });
  await expect(readDeployment(join(chain.directory, 'none.json'))).rejects.toMatchObject({
    code: 'DEPLOYMENT_UNREADABLE',
  });
});

test('the wrong chain gets no contracts', async () => {
  await expect(deployContracts({ ...inOwnFile('wrong'), chainId: 1 })).rejects.toMatchObject({
    code: 'WRONG_CHAIN_ID',
  });
});

test('an account without funds is told so', async () => {
  const poor = { ...inOwnFile('poor'), privateKey: Wallet.createRandom().privateKey };
  await expect(deployContracts(poor)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
});

test('a contract of an earlier release is replaced on request, and the record says by which', async () => {
  const old = { ...chain.deployment, anchorLog: { ...chain.deployment.anchorLog, abiVersion: '00000000' } };
  const own = await recordedAs('upgraded', old);
  const { deployment, outcome } = await deployContracts({ ...own, replace: true });
  expect(outcome).toBe('redeployed');
  expect(deployment).toMatchObject({ release: 3, predecessor: old.anchorLog.address });
  expect(await readDeployment(own.file)).toEqual(deployment);
});

test('the admin changes in two steps: named at the deployment, and in office once it accepts', async () => {
  const own = inOwnFile('handed-over');
  const organisations = [{ name: organisation, admin: chain.accounts.admin.address }];
  const next = Wallet.createRandom();
  const { rpcUrl, chainId } = own;
  const named = { ...own, roles: { organisations }, admin: next.address, adminDelaySeconds: 0 };
  const { deployment, acceptFromMs } = await deployContracts(named);
  expect(acceptFromMs).toBeLessThanOrEqual(Date.now() + 60_000);
  const pending = { admin: next.address, acceptFromMs };
  expect(await onChain((node) => readAdmin(node, deployment))).toMatchObject({ pending });
  // Named again, nothing begins anew.
  expect(await deployContracts(named)).toMatchObject({ acceptFromMs });

  await fundAccounts({
    rpcUrl,
    chainId,
    privateKey: chain.accounts.admin.privateKey,
    accounts: [next.address],
    atLeast: anchorerBalance,
  });
  await vi.waitFor(
    () =>
      onChain(async (node) => {
        await node.provider.send('evm_mine', []); // the newest block has to be younger than the moment of naming
        const account = openTransactor(node, next.privateKey, { pollMs: 20 });
        await acceptAdminTransfer(node, account, deployment);
      }),
    { timeout: 10_000, interval: 200 },
  );
  expect(await onChain((node) => readAdmin(node, deployment))).toMatchObject({
    admin: next.address,
    pending: undefined,
  });
  const pausers = [Wallet.createRandom().address];
  await expect(deployContracts({ ...own, roles: { pausers } })).rejects.toMatchObject({
    code: 'MISSING_ROLE',
  });
  const logs = [{ origin: 'gw.example', organisation, anchorer: next.address }];
  const organisationKey = chain.accounts.admin.privateKey;
  expect(await enrol({ rpcUrl: own.rpcUrl, deployment, logs, organisationKey })).toMatchObject({ opened: 1 });
});

test('an admin who was named too early to accept is told when', async () => {
  const own = inOwnFile('too-early');
  const next = chain.accounts.registrar;
  const { deployment } = await deployContracts({ ...own, admin: next.address });
  await onChain(async (node) => {
    const account = openTransactor(node, next.privateKey, { pollMs: 20 });
    await expect(acceptAdminTransfer(node, account, deployment)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/can be accepted after 20\d\d-/),
    });
    const present = openTransactor(node, chain.accounts.admin.privateKey, { pollMs: 20 });
    expect(await cancelAdminTransfer(node, present, deployment)).toBe(true);
    expect(await cancelAdminTransfer(node, present, deployment)).toBe(false);
    await expect(acceptAdminTransfer(node, account, deployment)).rejects.toMatchObject({
      message: expect.stringContaining('was not named as the next admin'),
    });
  });
});

async function onChain<T>(use: (node: ChainNode) => Promise<T>): Promise<T> {
  const node = openNode(options);
  try {
    return await use(node);
  } finally {
    node.close();
  }
}
