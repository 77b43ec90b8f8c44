import { type JsonRpcProvider, toQuantity } from 'ethers';
import { z } from 'zod';
import { type ChainEvent, type Position, decodeEvent } from './chain-event.ts';
import type { Deployment } from './deployment.ts';

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/)
  .transform(Number);

const rawLogsSchema = z.array(
  z.object({
    address: z.string(),
    topics: z.array(z.string()),
    data: z.string(),
    transactionHash: z.string(),
    blockNumber: quantity,
    blockHash: z.string(),
    logIndex: quantity,
  }),
);

/** How many blocks are asked for their time at once. */
const blocksAtOnce = 20;

/** Every event of both contracts in these blocks, in the chain's order. `topics` narrows as `eth_getLogs` does. */
export async function readEvents(
  provider: JsonRpcProvider,
  deployment: Deployment,
  range: { from: number; to: number },
  topics: (string | null)[] = [],
): Promise<ChainEvent[]> {
  const { anchorLog, deviceRegistry } = deployment;
  const answer: unknown = await provider.send('eth_getLogs', [
    {
      address: [anchorLog.address, deviceRegistry.address],
      fromBlock: toQuantity(range.from),
      toBlock: toQuantity(range.to),
      topics,
    },
  ]);
  const logs = rawLogsSchema.parse(answer);
  const times = await readTimes(provider, new Set(logs.map(({ blockNumber }) => blockNumber)));
  return logs
    .toSorted((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex)
    .flatMap(({ transactionHash, blockNumber, blockHash, logIndex, ...log }) => {
      const blockTime = times.get(blockNumber)!;
      const at: Position = { transactionHash, blockNumber, blockHash, blockTime, logIndex };
      return decodeEvent(log, at, deployment) ?? [];
    });
}

/** Unix seconds of each block; a log does not say. */
async function readTimes(provider: JsonRpcProvider, blockNumbers: Set<number>): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  const wanted = [...blockNumbers];
  for (let i = 0; i < wanted.length; i += blocksAtOnce) {
    const blocks = await Promise.all(
      wanted.slice(i, i + blocksAtOnce).map((number) => provider.getBlock(number)),
    );
    for (const block of blocks) if (block !== null) times.set(block.number, block.timestamp);
  }
  return times;
}
