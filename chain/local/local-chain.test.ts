import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonRpcOver } from '@tianyuan/protocol';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { deriveAccounts } from '../accounts.ts';
import { type LocalChain, localChainId, startLocalChain } from './local-chain.ts';
import { identifyProcess, isRunning } from './process-identity.ts';
import { readSavedBlock } from './state-file.ts';

let directory: string;
let running: LocalChain[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tianyuan-local-'));
  running = [];
});
afterEach(async () => {
  for (const chain of running) await chain.stop();
  await rm(directory, { recursive: true });
});

async function start(): Promise<LocalChain> {
  const chain = await startLocalChain({ directory, port: 0 });
  running.push(chain);
  return chain;
}

const ask = async (chain: LocalChain, method: string, params: unknown[] = []) =>
  jsonRpcOver(chain.rpcUrl)(method, params);
const height = async (chain: LocalChain) => Number(await ask(chain, 'eth_blockNumber'));
const genesis = async (chain: LocalChain) =>
  ((await ask(chain, 'eth_getBlockByNumber', ['0x0', false])) as { hash: string }).hash;
const mine = (chain: LocalChain) => ask(chain, 'evm_mine');

/** Waits until what the chain has now is in the copy. */
async function untilSaved(chain: LocalChain, block: number): Promise<void> {
  await expect.poll(() => readSavedBlock(chain.stateFile), { timeout: 10_000, interval: 20 }).toBe(block);
}

/** `chain up` in a process of its own. */
function keepIn(where: string): ChildProcess {
  const main = new URL('../main.ts', import.meta.url).pathname;
  const keeper = spawn(process.execPath, [main, 'up', '--dir', where, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void keeper.kill('SIGTERM'));
  return keeper;
}

describe('a local chain', () => {
  test('is of its own chain id, serves loopback, and funds the accounts of its phrase', async () => {
    const chain = await start();
    expect(chain.start).toBe('fresh');
    expect(Number(await ask(chain, 'eth_chainId'))).toBe(localChainId);
    expect(new URL(chain.rpcUrl).hostname).toBe('127.0.0.1');
    const { admin } = deriveAccounts(chain.mnemonic);
    expect(BigInt((await ask(chain, 'eth_getBalance', [admin.address, 'latest'])) as string)).toBeGreaterThan(
      0n,
    );
    expect(await ask(chain, 'eth_accounts')).toEqual([]);
  });

  test('keeps its phrase from others', async () => {
    const chain = await start();
    expect((await stat(join(directory, 'mnemonic'))).mode & 0o077).toBe(0);
    expect(chain.mnemonic).not.toContain('junk');
    await chain.stop();
    expect((await start()).mnemonic).toBe(chain.mnemonic);
  });

  test('goes on from where it was stopped', async () => {
    const first = await start();
    for (let i = 0; i < 3; i++) await mine(first);
    const began = await genesis(first);
    await first.stop();
    expect(await first.exited).toMatchObject({ code: 0 });
    const second = await start();
    expect([second.start, await height(second), await genesis(second)]).toEqual(['intact', 3, began]);
  });

  test('begins with the same block however often it is started', async () => {
    const genesisBlocks = new Set<string>();
    for (let starts = 1; starts <= 6; starts++) {
      const chain = await start();
      genesisBlocks.add(await genesis(chain));
      await mine(chain);
      await untilSaved(chain, starts);
      await chain.stop();
      await chain.exited;
    }
    expect(genesisBlocks.size).toBe(1);
  });

  test('has after a kill what had been saved', async () => {
    const first = await start();
    await mine(first);
    await untilSaved(first, 1);
    process.kill(first.anvilPid, 'SIGKILL');
    expect(await first.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(await height(await start())).toBe(1);
  });

  test('recovers from a state file that a kill tore', async () => {
    const first = await start();
    await mine(first);
    await untilSaved(first, 1);
    process.kill(first.anvilPid, 'SIGKILL');
    await first.exited;
    await truncate(first.stateFile, 1000);
    const second = await start();
    expect([second.start, await height(second)]).toEqual(['recovered', 1]);
  });

  test('does not start on accounts that are gone', async () => {
    await (await start()).stop();
    await rm(join(directory, 'mnemonic'));
    await expect(start()).rejects.toMatchObject({ code: 'ACCOUNT_UNREADABLE' });
    await writeFile(join(directory, 'mnemonic'), 'not a phrase');
    await expect(start()).rejects.toMatchObject({ code: 'ACCOUNT_UNREADABLE' });
  });

  test('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(startLocalChain({ directory, port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(port)),
    });
    server.close();
    // and has let go of the directory
    expect((await start()).start).toBe('fresh');
  });

  test('runs once in a directory', async () => {
    await start();
    await expect(start()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
  });

  test('leaves nothing behind where it is interrupted while it starts', async () => {
    const keeper = keepIn(directory);
    const lock = join(directory, 'lock.json');
    await expect.poll(() => existsSync(lock), { timeout: 20_000, interval: 5 }).toBe(true);
    keeper.kill('SIGTERM');
    expect(await once(keeper, 'exit')).toEqual([0, null]);
    expect(existsSync(lock)).toBe(false);
    expect((await start()).start).toBe('intact');
  });

  test('takes over from a keeper that was killed, anvil and all', async () => {
    const keeper = keepIn(directory);
    await once(keeper.stdout!, 'data');
    const { children } = JSON.parse(await readFile(join(directory, 'lock.json'), 'utf8'));
    const [anvil] = children;
    expect(identifyProcess(anvil.pid)).toEqual(anvil);
    keeper.kill('SIGKILL');
    await once(keeper, 'exit');
    expect(isRunning(anvil)).toBe(true);
    const chain = await start();
    expect(chain.start).toBe('intact');
    expect(isRunning(anvil)).toBe(false);
  });
});
