import { MerklePatriciaTrie, createMerkleProof } from '@ethereumjs/mpt';
import { equalBytes } from '@tianyuan/protocol';
import { receiptKey } from '@tianyuan/protocol/evidence/receipt.ts';
import { type JsonRpcProvider, concat, encodeRlp, getBytes, toBeArray } from 'ethers';
import { z } from 'zod';
import { ChainError } from '../chain-error.ts';
import type { RawBlock } from './raw-block.ts';

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/i)
  .transform(BigInt);

const receiptSchema = z.object({
  transactionHash: z.string(),
  type: quantity.default(0n),
  status: quantity,
  cumulativeGasUsed: quantity,
  logsBloom: z.string(),
  logs: z.array(z.object({ address: z.string(), topics: z.array(z.string()), data: z.string() })),
});

type Receipt = z.infer<typeof receiptSchema>;

/** Receipts are fetched one by one from a node that has no call for a block's; so many at once. */
const receiptsAtOnce = 20;

/**
 * The index of a transaction in its block, and the nodes of the receipts trie that prove its receipt. The trie is rebuilt
 * from all receipts of the block: no node gives its proof.
 * @throws ChainError EVIDENCE
 */
export async function proveReceipt(
  provider: JsonRpcProvider,
  block: RawBlock,
  transactionHash: string,
): Promise<{ transactionIndex: number; nodes: Uint8Array[] }> {
  const transactionIndex = block.transactions.indexOf(transactionHash);
  if (transactionIndex < 0) {
    throw new ChainError('EVIDENCE', `transaction ${transactionHash} is not in block ${block.header.number}`);
  }
  const { trie } = await readProvenReceipts(provider, block);
  return { transactionIndex, nodes: await createMerkleProof(trie, receiptKey(transactionIndex)) };
}

/**
 * The receipts of a block, in its order, and the trie of them, whose root is the header's.
 * @throws ChainError EVIDENCE where what the node gives has another root
 */
export async function readProvenReceipts(
  provider: JsonRpcProvider,
  block: RawBlock,
): Promise<{ receipts: Receipt[]; trie: MerklePatriciaTrie }> {
  const trie = new MerklePatriciaTrie();
  const receipts = await readReceipts(provider, block);
  for (const [i, receipt] of receipts.entries()) {
    await trie.put(receiptKey(i), getBytes(encodeReceipt(receipt)));
  }
  if (!equalBytes(trie.root(), block.header.receiptsRoot)) {
    throw new ChainError(
      'EVIDENCE',
      `the receipts that the node gives for block ${block.header.number} are not those of its header`,
    );
  }
  return { receipts, trie };
}

/** As the trie has it: EIP-2718's type, where there is one, and `[status, cumulative gas, bloom, logs]`. */
function encodeReceipt({ type, status, cumulativeGasUsed, logsBloom, logs }: Receipt): string {
  const body = encodeRlp([
    toBeArray(status),
    toBeArray(cumulativeGasUsed),
    logsBloom,
    logs.map(({ address, topics, data }) => [address, topics, data]),
  ]);
  return type === 0n ? body : concat([toBeArray(type), body]);
}

async function readReceipts(provider: JsonRpcProvider, { hash, transactions }: RawBlock): Promise<Receipt[]> {
  const all: unknown = await provider.send('eth_getBlockReceipts', [hash]).catch(() => null);
  if (Array.isArray(all) && all.length === transactions.length) return z.array(receiptSchema).parse(all);
  const receipts: Receipt[] = [];
  for (let i = 0; i < transactions.length; i += receiptsAtOnce) {
    const answers = await Promise.all(
      transactions
        .slice(i, i + receiptsAtOnce)
        .map((transaction) => provider.send('eth_getTransactionReceipt', [transaction])),
    );
    receipts.push(...z.array(receiptSchema).parse(answers));
  }
  return receipts;
}
