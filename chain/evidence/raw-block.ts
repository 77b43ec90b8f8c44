import { bytesToHex } from '@tianyuan/protocol';
import {
  type BlockHeader,
  decodeHeader,
  encodeHeader,
  hashHeader,
} from '@tianyuan/protocol/evidence/block-header.ts';
import { hashQbftBlock } from '@tianyuan/protocol/evidence/qbft.ts';
import { type JsonRpcProvider, getBytes, toBeArray, toQuantity } from 'ethers';
import { z } from 'zod';
import { ChainError } from '../chain-error.ts';

const bytes = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/i)
  .transform((hex) => getBytes(hex));
/** RLP's form of a number: big-endian with no leading zero */
const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/i)
  .transform((hex) => toBeArray(BigInt(hex)));

/** A header's fields in the order of their RLP; the last six came with later forks and are there from theirs on. */
const headerSchema = z.object({
  parentHash: bytes,
  sha3Uncles: bytes,
  miner: bytes,
  stateRoot: bytes,
  transactionsRoot: bytes,
  receiptsRoot: bytes,
  logsBloom: bytes,
  difficulty: quantity,
  number: quantity,
  gasLimit: quantity,
  gasUsed: quantity,
  timestamp: quantity,
  extraData: bytes,
  mixHash: bytes,
  nonce: bytes,
  baseFeePerGas: quantity.optional(),
  withdrawalsRoot: bytes.optional(),
  blobGasUsed: quantity.optional(),
  excessBlobGas: quantity.optional(),
  parentBeaconBlockRoot: bytes.optional(),
  requestsHash: bytes.optional(),
});

const blockSchema = z.object({ hash: z.string(), transactions: z.array(z.string()) });

/** A block with its header as it was hashed. `hash` is 0x hex. */
export type RawBlock = { header: BlockHeader; hash: string; transactions: string[] };

/**
 * Undefined where the chain has no block of this height.
 * @throws ChainError EVIDENCE where the header that the node gives is not the one that the block's hash is of
 */
export async function readRawBlock(provider: JsonRpcProvider, height: number): Promise<RawBlock | undefined> {
  const answer: unknown = await provider.send('eth_getBlockByNumber', [toQuantity(height), false]);
  if (answer === null) return undefined;
  const { hash, transactions } = blockSchema.parse(answer);
  const values = Object.values(headerSchema.parse(answer)).filter((value) => value !== undefined);
  const header = decodeHeader(encodeHeader(values, false));
  if (`0x${bytesToHex(hashHeader(header))}` !== hash && !isQbftBlock(header, hash)) {
    throw new ChainError(
      'EVIDENCE',
      `the header that the node gives for block ${height} does not hash to ${hash}: it is of a kind that is not known here`,
    );
  }
  return { header, hash, transactions };
}

function isQbftBlock(header: BlockHeader, hash: string): boolean {
  try {
    return `0x${bytesToHex(hashQbftBlock(header))}` === hash;
  } catch {
    return false;
  }
}
