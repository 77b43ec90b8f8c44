import * as z from 'zod';
import { ProtocolError } from '../protocol-error.ts';
import { type AppendedEvent, findAppended } from './appended-event.ts';
import type { JsonRpc } from './json-rpc.ts';
import type { Anchor } from './proof-bundle.ts';

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/)
  .transform(Number)
  .pipe(z.int());

const hexString = z.string().regex(/^0x[0-9a-fA-F]*$/);

const receiptSchema = z.object({
  status: quantity,
  blockNumber: quantity,
  blockHash: z.string(),
  logs: z.array(
    z.object({ address: hexString, topics: z.array(hexString), data: hexString, logIndex: quantity }),
  ),
});

const blockSchema = z.object({ hash: z.string(), timestamp: quantity });

/** @throws ProtocolError RPC */
export async function readChainId(rpc: JsonRpc): Promise<number> {
  return parse(quantity, await rpc('eth_chainId', []), 'eth_chainId');
}

/**
 * The height of the chain's newest block.
 * @throws ProtocolError RPC
 */
export async function readHead(rpc: JsonRpc): Promise<number> {
  return parse(quantity, await rpc('eth_blockNumber', []), 'eth_blockNumber');
}

/** The block that the chain has at this height now; undefined where it has none. Time in Unix seconds. */
export async function readBlock(
  rpc: JsonRpc,
  height: number,
): Promise<{ hash: string; time: number } | undefined> {
  const answer = await rpc('eth_getBlockByNumber', [`0x${height.toString(16)}`, false]);
  if (answer === null) return undefined;
  const block = parse(blockSchema, answer, 'eth_getBlockByNumber');
  return { hash: block.hash, time: block.timestamp };
}

/** The `Appended` event that the bundle points at, as the chain has it. */
export async function readReceiptLog(
  rpc: JsonRpc,
  anchor: Anchor,
): Promise<{ blockNumber: number; blockHash: string; event: AppendedEvent } | 'no transaction' | 'no event'> {
  const answer = await rpc('eth_getTransactionReceipt', [anchor.transactionHash]);
  if (answer === null) return 'no transaction';
  const receipt = parse(receiptSchema, answer, 'eth_getTransactionReceipt');
  const log = receipt.logs.find((one) => one.logIndex === anchor.logIndex);
  const event = log && findAppended(log, anchor.contract);
  if (receipt.status !== 1 || event === undefined) return 'no event';
  return { blockNumber: receipt.blockNumber, blockHash: receipt.blockHash, event };
}

function parse<T>(schema: z.ZodType<T>, answer: unknown, method: string): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new ProtocolError('RPC', `the node's answer to ${method} makes no sense`);
  return parsed.data;
}
