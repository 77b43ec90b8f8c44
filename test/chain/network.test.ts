import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ProcessIdentity, isRunning } from '@tianyuan/chain/local/process-identity.ts';
import { jsonRpcOver } from '@tianyuan/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { hasGeth, startTestNetwork } from './geth.ts';

const patience = { timeout: 60_000, interval: 200 };
const height = async (rpcUrl: string) => Number(await jsonRpcOver(rpcUrl)('eth_blockNumber', []));
describe.skipIf(!(await hasGeth()))('a network of three signers', () => {
  let network: Awaited<ReturnType<typeof startTestNetwork>>;

  beforeAll(async () => {
    network = await startTestNetwork({ signers: 3 });
  });
  afterAll(() => network?.remove());

  test('seals with all three, and every node has the same chain', async () => {
    await vi.waitFor(async () => expect(await height(network.nodes[0]!.rpcUrl)).toBeGreaterThan(6), patience);
    const status = (await network.nodes[1]!.ask('clique_status')) as {
      sealerActivity: Record<string, number>;
    };
    const sealed = Object.entries(status.sealerActivity).filter(([, blocks]) => blocks > 0);
    expect(sealed.map(([address]) => address).toSorted()).toEqual(
      network.signers.map((address) => address.toLowerCase()).toSorted(),
    );
    const hashes = await Promise.all(
      network.nodes.map(
        async ({ rpcUrl }) =>
          (await jsonRpcOver(rpcUrl)('eth_getBlockByNumber', ['0x3', false])) as { hash: string },
      ),
    );
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
  });

  test('goes on while one of three is down, and takes it back', async () => {
    const [first, , third] = network.nodes;
    await third!.kill();
    const before = await height(first!.rpcUrl);
    await vi.waitFor(async () => expect(await height(first!.rpcUrl)).toBeGreaterThan(before + 3), patience);
    await third!.start();
    await vi.waitFor(async () => expect(await height(third!.rpcUrl)).toBeGreaterThan(before + 3), patience);
  });

  test('stands still while two of three are down, since one may not seal twice in a row', async () => {
    const [first, second, third] = network.nodes;
    await second!.kill();
    await third!.kill();
    let last = await height(first!.rpcUrl);
    // One more at most: whether it is this one's turn depends on who was killed when.
    const settled = last + 1;
    for (let i = 0; i < 20; i++) last = await jsonRpcOver(first!.rpcUrl)('eth_blockNumber', []).then(Number);
    expect(last).toBeLessThanOrEqual(settled);
    await second!.start();
    await third!.start();
    await vi.waitFor(async () => expect(await height(first!.rpcUrl)).toBeGreaterThan(settled + 2), patience);
  });
});

describe.skipIf(!(await hasGeth()))('`chain up --signers`', () => {
  const main = fileURLToPath(import.meta.resolve('@tianyuan/chain/main.ts'));

  function up(directory: string) {
    const command = spawn(
      process.execPath,
      [main, 'up', '--signers', '3', '--port', '0', '--dir', directory],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void command.kill('SIGKILL'));
    const lines = createInterface({ input: command.stdout });
    /** the address of the first signer's node, once all are there */
    const url = new Promise<string>((resolve) => {
      const urls: string[] = [];
      lines.on('line', (line) => {
        const found = /^signer 0x[0-9a-fA-F]{40} at (http:\S+)$/.exec(line)?.[1];
        if (found !== undefined && urls.push(found) === 3) resolve(urls[0]!);
      });
    });
    return { command, url, exited: once(command, 'exit') };
  }

  async function children(directory: string): Promise<ProcessIdentity[]> {
    const lock = await readFile(join(directory, 'lock.json'), 'utf8');
    return (JSON.parse(lock) as { children: ProcessIdentity[] }).children;
  }

  test('ends cleanly on Ctrl-C, goes on with its blocks, and clears up after one that was killed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tianyuan-up-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));

    const first = up(directory);
    const url = await first.url;
    await vi.waitFor(async () => expect(await height(url)).toBeGreaterThan(3), patience);
    const third = (await jsonRpcOver(url)('eth_getBlockByNumber', ['0x3', false])) as { hash: string };
    const nodes = await children(directory);
    expect(nodes.filter(isRunning)).toHaveLength(3);
    // As a terminal and the wrapper do: both pass it on.
    first.command.kill('SIGINT');
    first.command.kill('SIGINT');
    expect(await first.exited).toEqual([0, null]);
    expect(nodes.filter(isRunning)).toEqual([]);

    const second = up(directory);
    expect(await second.url).toBe(url);
    const before = await height(url);
    expect(before).toBeGreaterThanOrEqual(3);
    expect(await jsonRpcOver(url)('eth_getBlockByNumber', ['0x3', false])).toMatchObject({
      hash: third.hash,
    });
    await vi.waitFor(async () => expect(await height(url)).toBeGreaterThan(before), patience);
    const orphans = await children(directory);
    second.command.kill('SIGKILL');
    await second.exited;
    expect(orphans.filter(isRunning)).toHaveLength(3);

    const again = up(directory);
    await again.url;
    expect(orphans.filter(isRunning)).toEqual([]);
    again.command.kill('SIGTERM');
    expect(await again.exited).toEqual([0, null]);
  });
});
