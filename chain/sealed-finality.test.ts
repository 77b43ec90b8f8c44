import { type Anchor, bytesToHex, decodeBase64, hexToBytes } from '@tianyuan/protocol';
import { type BlockHeader, decodeHeader, hashHeader } from '@tianyuan/protocol/evidence/block-header.ts';
import { hashQbftBlock } from '@tianyuan/protocol/evidence/qbft.ts';
import besu from '@tianyuan/protocol/vectors/besu-qbft.json' with { type: 'json' };
import clique from '@tianyuan/protocol/vectors/clique-evidence.json' with { type: 'json' };
import { makeEvidenceSample, validatorSecrets } from '@tianyuan/protocol/vectors/sample-evidence.ts';
import { JsonRpcProvider, toQuantity } from 'ethers';
import { afterEach, describe, expect, test } from 'vitest';
import { type Finality, type FinalityRule, readFinality } from './finality.ts';

const fieldNames = (
  'parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number gasLimit gasUsed ' +
  'timestamp extraData mixHash nonce baseFeePerGas'
).split(' ');
const quantities = new Set(['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas']);

type Block = { number: number; hash: string; answer: Record<string, unknown> };

/** A block as a node answers with it, all of the header's fields by their names. */
function blockOf(header: BlockHeader, hash: Uint8Array): Block {
  const fields = header.fields.map((value, i) => {
    const name = fieldNames[i]!;
    return [name, quantities.has(name) ? toQuantity(value) : `0x${bytesToHex(value)}`];
  });
  const hex = `0x${bytesToHex(hash)}`;
  return {
    number: header.number,
    hash: hex,
    answer: { ...Object.fromEntries(fields), hash: hex, transactions: [] },
  };
}

/** The blocks of chain evidence, each the parent of the next. */
function blocksOf(headers: readonly string[]): Block[] {
  let parent: Uint8Array | undefined;
  return headers.map((text) => {
    const header = decodeHeader(decodeBase64(text), parent);
    parent = hashHeader(header);
    return blockOf(header, parent);
  });
}

/** A provider whose node has these blocks and answers nothing else. Notes the heights that it is asked for. */
class RecordedNode extends JsonRpcProvider {
  readonly asked: number[] = [];
  private readonly blocks: readonly Block[];

  constructor(blocks: readonly Block[]) {
    super('http://127.0.0.1:1', 1, { staticNetwork: true });
    this.blocks = blocks;
  }

  override send(method: string, params: unknown[]): Promise<unknown> {
    expect(method).toBe('eth_getBlockByNumber');
    const height = Number(params[0]);
    this.asked.push(height);
    return Promise.resolve(this.blocks.find(({ number }) => number === height)?.answer ?? null);
  }
}

const opened: RecordedNode[] = [];
afterEach(() => {
  for (const node of opened.splice(0)) node.destroy();
});

function nodeWith(blocks: readonly Block[]): RecordedNode {
  const node = new RecordedNode(blocks);
  opened.push(node);
  return node;
}

/** Of the first block, by a node that has these. */
function finality(blocks: readonly Block[], rule: FinalityRule, node = nodeWith(blocks)): Promise<Finality> {
  return readFinality({ blockNumber: blocks[0]!.number, blockHash: blocks[0]!.hash }, rule, node);
}

const stranger = `0x${'99'.repeat(20)}`;

describe('QBFT: a block that Besu made, sealed by three of four validators', () => {
  const header = decodeHeader(hexToBytes(besu.header));
  const block = blockOf(header, hashQbftBlock(header));
  const pinned = (addresses: string[]): FinalityRule => ({
    kind: 'instant',
    validators: { consensus: 'qbft', sets: [{ fromBlock: 0, addresses }] },
  });

  test('is final under those validators', async () => {
    expect(await finality([block], pinned(besu.validators))).toBe('final');
  });

  test('waits where three seals are too few', async () => {
    expect(await finality([block], pinned([...besu.validators, stranger]))).toBe('waiting');
  });

  test('is refused where a seal is of somebody who is not pinned', async () => {
    const outcomes = await Promise.all(
      besu.validators.map((one) =>
        finality([block], pinned(besu.validators.filter((other) => other !== one).concat(stranger))).catch(
          (error: unknown) => (error as { code: string }).code,
        ),
      ),
    );
    // The fourth validator did not seal this block, so that nothing is missed of it.
    expect(outcomes.toSorted()).toEqual(['UNTRUSTED_BLOCK', 'UNTRUSTED_BLOCK', 'UNTRUSTED_BLOCK', 'final']);
  });

  test('waits where the policy pins nobody for its height', async () => {
    const validators = {
      consensus: 'qbft' as const,
      sets: [{ fromBlock: besu.number + 1, addresses: besu.validators }],
    };
    expect(await finality([block], { kind: 'instant', validators })).toBe('waiting');
  });

  test('has vanished where the node has another, and waits where it has none', async () => {
    const other = { blockNumber: block.number, blockHash: `0x${'22'.repeat(32)}` };
    const rule = pinned(besu.validators);
    expect(await readFinality(other, rule, nodeWith([block]))).toBe('vanished');
    expect(await finality([block], rule, nodeWith([]))).toBe('waiting');
  });

  test('is no evidence where a field of the header is not what was hashed', async () => {
    const bent = { ...block, answer: { ...block.answer, stateRoot: `0x${'33'.repeat(32)}` } };
    await expect(finality([block], pinned(besu.validators), nodeWith([bent]))).rejects.toMatchObject({
      code: 'EVIDENCE',
    });
  });
});

describe('Clique: five blocks that geth made, by three signers', () => {
  const blocks = blocksOf(clique.bundle.anchor.evidence.headers);
  const signers = clique.policy.chain.validators.sets[0]!.addresses;
  const rule = (wanted: number, addresses = signers): FinalityRule => ({
    kind: 'confirmations',
    blocks: wanted,
    validators: { consensus: 'clique', sets: [{ fromBlock: 0, addresses }] },
  });

  test('the first is final once as many as the rule wants came after it', async () => {
    expect(await finality(blocks, rule(4))).toBe('final');
    expect(await finality(blocks.slice(0, 4), rule(4))).toBe('waiting');
  });

  test('one later block is not enough, whatever the rule wants: more than half of the signers seal two', async () => {
    expect(await finality(blocks.slice(0, 2), rule(1))).toBe('waiting');
    expect(await finality(blocks.slice(0, 3), rule(1))).toBe('final');
  });

  test('a block after it by somebody who is not pinned is refused', async () => {
    for (const one of signers) {
      const addresses = signers.filter((other) => other !== one).concat(stranger);
      await expect(finality(blocks, rule(4, addresses))).rejects.toMatchObject({ code: 'UNTRUSTED_BLOCK' });
    }
  });

  test('a block whose parent is not the one before it counts for nothing', async () => {
    // Two nodes behind one address, one of them on another branch: real blocks at the wrong height.
    const mixed = [
      ...blocks.slice(0, 2),
      ...blocks.slice(3).map((one) => ({ ...one, number: one.number - 1 })),
    ];
    expect(await finality(mixed, rule(1))).toBe('waiting');
    expect(await finality(blocks, rule(1))).toBe('final');
  });

  test('it has vanished where the node has another', async () => {
    const other = { blockNumber: blocks[0]!.number, blockHash: blocks[1]!.hash };
    expect(await readFinality(other, rule(4), nodeWith(blocks))).toBe('vanished');
  });
});

test('a signer who seals on alone makes nothing final, and the reading of later blocks ends', async () => {
  const alone = validatorSecrets[0]!;
  const { bundle, policy } = await makeEvidenceSample({
    consensus: 'clique',
    sealers: [alone],
    laterSealers: Array.from({ length: 20 }, () => alone),
  });
  const blocks = blocksOf((bundle.anchor as Anchor).evidence!.headers);
  const { validators } = policy.chain!;
  const node = nodeWith(blocks);
  expect(await finality(blocks, { kind: 'confirmations', blocks: 3, validators }, node)).toBe('waiting');
  // The block itself, and twice the number of signers after it.
  expect(node.asked).toEqual(Array.from({ length: 9 }, (_, i) => blocks[0]!.number + i));
});
