import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonRpcOver, logId, logIdHex } from '@tianyuan/protocol';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveAccounts } from './accounts.ts';
import type { AnchorClient, AppendRequest } from './anchor-client.ts';
import { anchorLogInterface } from './contracts.ts';
import { enrol } from './enrol.ts';
import { openNode } from './node.ts';
import { type TemporaryChain, makeLog, openTemporaryChain, organisation } from './temporary-chain.ts';
import { openTransactor } from './transactor.ts';

let chain: TemporaryChain;

beforeAll(async () => {
  chain = await openTemporaryChain();
}, 30_000);
afterAll(() => chain.remove());

describe('the life of an anchor', () => {
  test('appends, confirms, moves the head, becomes final', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    expect(await client.head(logId(origin))).toMatchObject({
      phase: 'open',
      size: 0,
      anchoredAtMs: undefined,
    });

    const anchor = await client.confirm(await client.append(log.requestAt(0, 31)));
    const { root, signature } = log.requestAt(0, 31);
    expect(anchor).toMatchObject({ logId: logIdHex(origin), oldSize: 0, size: 31, root, signature });

    const grown = await client.confirm(await client.append(log.requestAt(31, 100)));
    expect(grown).toMatchObject({ oldSize: 31, size: 100 });
    expect(grown.blockNumber).toBeGreaterThan(anchor.blockNumber);
    expect(await client.head(logId(origin))).toMatchObject({
      size: 100,
      root: log.requestAt(31, 100).root,
      anchoredAtMs: grown.blockTime * 1000,
    });
    await expect.poll(() => client.finality(grown), { timeout: 10_000 }).toBe('final');
    expect(await client.newestBlock()).toMatchObject({ chainId: chain.local.chainId });
  });

  test('appended again gives the transaction that brought it', async () => {
    const { origin, client } = await chain.openLog();
    const request = makeLog(origin).requestAt(0, 8);
    const hash = await client.append(request);
    const anchor = await client.confirm(hash);
    const afterRestart = chain.connect(origin);
    expect(await afterRestart.append(request)).toBe(hash);
    expect(await afterRestart.confirm(hash)).toEqual(anchor);
  });

  test('sent twice before its block is brought once, and both confirm it', async () => {
    const { origin, client } = await chain.openLog();
    const request = makeLog(origin).requestAt(0, 8);
    const [first, second] = await withoutMining(async (mine) => {
      const hash = await client.append(request);
      const data = anchorLogInterface.encodeFunctionData('append', [
        request.logId,
        request.size,
        request.root,
        [],
        request.signature,
      ]);
      const twin = await sendQueued(origin, data);
      await mine();
      return [hash, twin];
    });
    const anchor = await client.confirm(first);
    expect(await client.confirm(second)).toEqual(anchor);
  });

  test('calls made at once are sent one after the other', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    const [first, second] = await Promise.all([
      client.append(log.requestAt(0, 5)),
      client.append(log.requestAt(5, 9)),
    ]);
    expect(await client.confirm(first)).toMatchObject({ oldSize: 0, size: 5 });
    expect(await client.confirm(second)).toMatchObject({ oldSize: 5, size: 9 });
  });
});

describe('a refusal has a code and says what to do', () => {
  test('LOG_UNKNOWN', async () => {
    const client = chain.connect('never-opened.example');
    await expect(client.head(logId('never-opened.example'))).rejects.toMatchObject({
      code: 'LOG_UNKNOWN',
      message: expect.stringContaining(logIdHex('never-opened.example')),
    });
    await expect(client.append(makeLog('never-opened.example').requestAt(0, 3))).rejects.toMatchObject({
      code: 'LOG_UNKNOWN',
    });
  });

  test('INCONSISTENT', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    await client.confirm(await client.append(log.requestAt(0, 31)));
    const rewritten = makeLog(`${origin} rewritten`).requestAt(31, 64);
    await expect(client.append({ ...rewritten, logId: logId(origin) })).rejects.toMatchObject({
      code: 'INCONSISTENT',
      message: expect.stringContaining('31 to 64'),
    });
  });

  test('STALE', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    await client.confirm(await client.append(log.requestAt(0, 31)));
    await expect(client.append(log.requestAt(0, 30))).rejects.toMatchObject({ code: 'STALE' });
    const other = makeLog('another').requestAt(0, 31);
    await expect(client.append({ ...other, logId: logId(origin) })).rejects.toMatchObject({ code: 'STALE' });
  });

  test('MISSING_ROLE', async () => {
    const { origin } = await chain.openLog();
    const { client: stranger } = await chain.openLog();
    await expect(stranger.append(makeLog(origin).requestAt(0, 3))).rejects.toMatchObject({
      code: 'MISSING_ROLE',
      message: expect.stringContaining(stranger.address),
    });
  });

  test('INSUFFICIENT_FUNDS', async () => {
    const poor = Wallet.createRandom();
    const origin = `${poor.address.slice(2, 10).toLowerCase()}.example`;
    const logs = [{ origin, organisation, anchorer: poor.address }];
    const { rpcUrl } = chain.local;
    await enrol({
      rpcUrl,
      deployment: chain.deployment,
      logs,
      organisationKey: chain.accounts.admin.privateKey,
    });
    const client = chain.connect(origin, { privateKey: poor.privateKey });
    await expect(client.append(makeLog(origin).requestAt(0, 3))).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      message: expect.stringContaining(poor.address),
    });
  });

  test('PAUSED, and goes on once resumed', async () => {
    const { origin, client } = await chain.openLog();
    await asAdmin('pause', []);
    try {
      await expect(client.append(makeLog(origin).requestAt(0, 3))).rejects.toMatchObject({ code: 'PAUSED' });
    } finally {
      await asAdmin('unpause', []);
    }
    expect(await client.append(makeLog(origin).requestAt(0, 3))).toMatch(/^0x/);
  });

  test('LOG_CLOSED, naming the successor', async () => {
    const { origin, client } = await chain.openLog();
    const { origin: successor } = await chain.openLog();
    await asAdmin('closeLog', [logId(origin), logId(successor)]);
    await expect(client.append(makeLog(origin).requestAt(0, 3))).rejects.toMatchObject({
      code: 'LOG_CLOSED',
      message: expect.stringContaining(logIdHex(successor)),
    });
    expect(await client.head(logId(origin))).toMatchObject({
      phase: 'closed',
      successor: logIdHex(successor),
    });
  });

  test('WRONG_CHAIN_ID', async () => {
    const deployment = { ...chain.deployment, chainId: 1337 };
    const client = chain.connect('any', { deployment });
    await expect(client.head(logId('any'))).rejects.toMatchObject({
      code: 'WRONG_CHAIN_ID',
      message: expect.stringMatching(/of chain \d+, not 1337/),
    });
  });

  test('CONTRACT_MISSING', async () => {
    const nowhere = { ...chain.deployment.anchorLog, address: `0x${'11'.repeat(20)}` };
    const client = chain.connect('any', { deployment: { ...chain.deployment, anchorLog: nowhere } });
    await expect(client.head(logId('any'))).rejects.toMatchObject({ code: 'CONTRACT_MISSING' });
  });

  test('NODE_UNREACHABLE, at once where nothing listens', async () => {
    const client = chain.connect('any', { rpcUrl: 'http://127.0.0.1:9' });
    await expect(client.head(logId('any'))).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
  });

  test('NODE_UNREACHABLE, after the time-out where something listens and says nothing', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const rpcUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const client = chain.connect('any', { rpcUrl, timeoutMs: 100 });
    await expect(client.head(logId('any'))).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
    silent.closeAllConnections();
    silent.close();
  });

  test('ACCOUNT_UNREADABLE, without the key in its message', () => {
    const key = `0x${'zz'.repeat(32)}`;
    expect(() => chain.connect('any', { privateKey: key })).toThrow(
      expect.objectContaining({ code: 'ACCOUNT_UNREADABLE', message: expect.not.stringContaining('zz') }),
    );
  });
});

describe('a transaction that gets into no block', () => {
  test('is waited for, bounded', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    await withoutMining(async (mine) => {
      const hash = await client.append(log.requestAt(0, 3));
      await expect(client.confirm(hash, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
      await expect(client.append(log.requestAt(0, 5))).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' });
      await mine();
      expect(await client.confirm(hash)).toMatchObject({ size: 3 });
    });
  });

  test('is replaced when it is stuck', async () => {
    const { origin, client } = await chain.openLog({ stuckAfterMs: 0 });
    const log = makeLog(origin);
    await withoutMining(async (mine) => {
      const stuck = await client.append(log.requestAt(0, 3));
      const replacement = await client.append(log.requestAt(0, 5));
      await mine();
      expect(await client.confirm(replacement)).toMatchObject({ oldSize: 0, size: 5 });
      await expect(client.confirm(stuck)).rejects.toMatchObject({ code: 'ANCHOR_VANISHED' });
    });
  });
});

describe('a fee that does not get into a block', () => {
  test('is doubled a bounded number of times, each time more than before', async () => {
    const { origin, client } = await chain.openLog({ stuckAfterMs: 0 });
    const log = makeLog(origin);
    await withoutMining(async (mine) => {
      const asked = await askedFee();
      const hashes = [];
      for (let size = 1; size <= 7; size++) hashes.push(await client.append(log.requestAt(0, size)));
      await expect(client.append(log.requestAt(0, 8))).rejects.toMatchObject({
        code: 'TRANSACTION_PENDING',
        message: expect.stringContaining('after 6 replacements'),
      });
      expect((await feeOf(hashes.at(-1)!)) / asked).toBe(64n);
      await mine();
      expect(await client.confirm(hashes.at(-1)!)).toMatchObject({ size: 7 });
      // In a block: the next one begins anew.
      await client.append(log.requestAt(7, 9));
      await mine();
    });
  });

  test('is never raised above the bound of its owner', async () => {
    const asked = await askedFee();
    const { origin, client } = await chain.openLog({ stuckAfterMs: 0, maxFeePerGas: asked * 3n });
    const log = makeLog(origin);
    await withoutMining(async (mine) => {
      await client.append(log.requestAt(0, 1)); // at the asked fee
      await client.append(log.requestAt(0, 2)); // twice
      const last = await client.append(log.requestAt(0, 3)); // three times, the bound
      await expect(client.append(log.requestAt(0, 4))).rejects.toMatchObject({
        code: 'TRANSACTION_PENDING',
        message: expect.stringContaining('as much as it may offer'),
      });
      expect(await feeOf(last)).toBeLessThanOrEqual(asked * 3n);
      await mine();
      expect(await client.confirm(last)).toMatchObject({ size: 3 });
    });
  });

  test('behind a gap of nonces is freed: the next append fills the gap', async () => {
    const { origin, client } = await chain.openLog({ stuckAfterMs: 0 });
    const log = makeLog(origin);
    const account = chain.accounts.anchorerOf(origin).address;
    // A transaction whose predecessor the chain has forgotten.
    const waiting = await sendQueued(origin, '0x', 1);
    const hash = await client.append(log.requestAt(0, 5));
    expect(await client.confirm(hash)).toMatchObject({ size: 5 });
    const node = openNode({ rpcUrl: chain.local.rpcUrl, chainId: chain.local.chainId });
    await expect
      .poll(() => node.ask((provider) => provider.getTransactionCount(account, 'latest')), { timeout: 5_000 })
      .toBe(2);
    expect(await node.ask((provider) => provider.getTransactionReceipt(waiting))).not.toBeNull();
    node.close();
    expect(await client.confirm(await client.append(log.requestAt(5, 6)))).toMatchObject({ size: 6 });
  });

  test('asks for no more gas than a block has, however much it would like in reserve', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    const { gas } = await client.costOf(await confirmed(client, log.requestAt(0, 5)));
    const rpc = jsonRpcOver(chain.local.rpcUrl);
    const { gasLimit } = (await rpc('eth_getBlockByNumber', ['latest', false])) as { gasLimit: string };
    // Room for an append, and for less than its reserve.
    await rpc('evm_setBlockGasLimit', [`0x${(gas + 40_000).toString(16)}`]);
    await rpc('evm_mine', []);
    try {
      await confirmed(client, log.requestAt(5, 6));
      expect(await client.head(logId(origin))).toMatchObject({ size: 6 });
    } finally {
      await rpc('evm_setBlockGasLimit', [gasLimit]);
      await rpc('evm_mine', []);
    }
  });

  test('costOf: what the receipt says, and nothing for what another account paid', async () => {
    const { origin, client } = await chain.openLog();
    const hash = await client.append(makeLog(origin).requestAt(0, 5));
    await client.confirm(hash);
    const { gas, wei } = await client.costOf(hash);
    expect(gas).toBeGreaterThan(50_000);
    expect(gas).toBeLessThan(200_000);
    expect(wei).toBeGreaterThan(BigInt(gas)); // more than a wei a gas
    const other = await chain.openLog();
    expect(await other.client.costOf(hash)).toEqual({ gas: 0, wei: 0n });
  });
});

/** @returns the transaction's hash, once it is in a block */
async function confirmed(client: AnchorClient, request: AppendRequest): Promise<string> {
  const hash = await client.append(request);
  await client.confirm(hash);
  return hash;
}

/** wei a gas that the node asks for at present */
async function askedFee(): Promise<bigint> {
  const node = openNode({ rpcUrl: chain.local.rpcUrl, chainId: chain.local.chainId });
  const { maxFeePerGas, gasPrice } = await node.ask((provider) => provider.getFeeData());
  node.close();
  return maxFeePerGas ?? gasPrice!;
}

/** wei a gas that a waiting or mined transaction offers */
async function feeOf(hash: string): Promise<bigint> {
  const node = openNode({ rpcUrl: chain.local.rpcUrl, chainId: chain.local.chainId });
  const transaction = await node.ask((provider) => provider.getTransaction(hash));
  node.close();
  return transaction!.maxFeePerGas ?? transaction!.gasPrice;
}

/** Stops the automatic blocks for a while; `mine` makes one. */
async function withoutMining<T>(work: (mine: () => Promise<unknown>) => Promise<T>): Promise<T> {
  const rpc = jsonRpcOver(chain.local.rpcUrl);
  await rpc('evm_setAutomine', [false]);
  try {
    return await work(() => rpc('evm_mine', []));
  } finally {
    await rpc('evm_setAutomine', [true]);
  }
}

/** Puts a transaction behind the one that waits already, as a second process with the same key would. */
async function sendQueued(origin: string, data: string, ahead = 0): Promise<string> {
  const { rpcUrl, chainId } = chain.local;
  const node = openNode({ rpcUrl, chainId });
  try {
    const wallet = new Wallet(chain.accounts.anchorerOf(origin).privateKey, node.provider);
    const nonce = (await node.provider.getTransactionCount(wallet.address, 'pending')) + ahead;
    const to = chain.deployment.anchorLog.address;
    return (await wallet.sendTransaction({ to, data, nonce, gasLimit: 300_000n })).hash;
  } finally {
    node.close();
  }
}

async function asAdmin(name: string, args: unknown[]): Promise<void> {
  const node = openNode({ rpcUrl: chain.local.rpcUrl, chainId: chain.local.chainId });
  try {
    const admin = openTransactor(node, deriveAccounts(chain.local.mnemonic).admin.privateKey, { pollMs: 20 });
    const data = anchorLogInterface.encodeFunctionData(name, args);
    await admin.confirm(await admin.send({ to: chain.deployment.anchorLog.address, data }));
  } finally {
    node.close();
  }
}
