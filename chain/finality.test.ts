import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonRpcProvider, toQuantity } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlockId, type FinalityRule, readFinality } from './finality.ts';
import { openNode, type ChainNode } from './node.ts';
import { type TemporaryChain, openTemporaryChain } from './temporary-chain.ts';

let chain: TemporaryChain;
let node: ChainNode;
let provider: JsonRpcProvider;
let directory: string;

beforeAll(async () => {
  chain = await openTemporaryChain();
  node = openNode({ rpcUrl: chain.local.rpcUrl, chainId: chain.local.chainId });
  ({ provider } = node);
  directory = await mkdtemp(join(tmpdir(), 'tianyuan-finality-'));
});
afterAll(async () => {
  node.close();
  await chain.remove();
  await rm(directory, { recursive: true });
});

async function newest(): Promise<BlockId> {
  const block = (await provider.getBlock('latest'))!;
  return { blockNumber: block.number, blockHash: block.hash! };
}

const mine = (blocks: number) => provider.send('anvil_mine', [toQuantity(blocks)]);
const other = `0x${'22'.repeat(32)}`;

describe('instant', () => {
  const rule: FinalityRule = { kind: 'instant' };

  test('a block that is there is final, another in its place is not', async () => {
    const block = await newest();
    expect(await readFinality(block, rule, provider)).toBe('final');
    expect(await readFinality({ ...block, blockHash: other }, rule, provider)).toBe('vanished');
    expect(await readFinality({ blockNumber: 1_000_000, blockHash: other }, rule, provider)).toBe('waiting');
  });
});

describe('confirmations', () => {
  const rule: FinalityRule = { kind: 'confirmations', blocks: 3 };

  test('wants exactly so many later blocks', async () => {
    await mine(1);
    const block = await newest();
    expect(await readFinality(block, rule, provider)).toBe('waiting');
    await mine(2);
    expect(await readFinality(block, rule, provider)).toBe('waiting');
    await mine(1);
    expect(await readFinality(block, rule, provider)).toBe('final');
    expect(await readFinality({ ...block, blockHash: other }, rule, provider)).toBe('vanished');
    expect(await readFinality({ blockNumber: 1_000_000, blockHash: other }, rule, provider)).toBe('waiting');
  });
});

describe('anvil', () => {
  test('wants the block in the saved state', async () => {
    const stateFile = join(directory, 'state.json');
    const rule: FinalityRule = { kind: 'anvil', stateFile };
    const saved = (blockNumber: number) =>
      writeFile(`${stateFile}.saved.json`, JSON.stringify({ blockNumber }));
    const block = await newest();
    expect(await readFinality(block, rule, provider)).toBe('waiting');
    await saved(block.blockNumber - 1);
    expect(await readFinality(block, rule, provider)).toBe('waiting');
    await saved(block.blockNumber);
    expect(await readFinality(block, rule, provider)).toBe('final');
    expect(await readFinality({ ...block, blockHash: other }, rule, provider)).toBe('vanished');
    expect(await readFinality({ blockNumber: 1_000_000, blockHash: other }, rule, provider)).toBe('vanished');
  });
});
