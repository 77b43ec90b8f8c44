import {
  type Contract,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  type Signer,
  concat,
  getBytes,
  hexlify,
  id,
} from 'ethers';
import { AnchorLog } from './index.ts';
import { deploy, openSimulatedChain } from './simulated-chain.ts';
import { syntheticGrowth } from './vectors/synthetic-growth.ts';

const organisation = id('a measuring organisation');

/** A log that grows, 0 < oldSize < newSize. The worst old size near N is one below a power of two. */
export type Sizes = { oldSize: number; newSize: number };

/**
 * Gas used by one `append` that takes a log from `oldSize` to `newSize` entries. The log's entries are never made: see
 * {@link syntheticGrowth}. The head is read back and must have moved.
 * @param account with money, on the chain that is measured; a chain in this process where absent. The same sizes are the same
 * calls on every chain, byte for byte.
 */
export async function measureAppendGas(sizes: Sizes, account?: Signer): Promise<number> {
  return onAnchorLog(account, async (anchorLog) => {
    const [append] = await anchorGrowths(anchorLog, sizes, 1);
    const gas = await gasOf(anchorLog['append']!(...append!));
    await assertHeads(anchorLog, [append!]);
    return gas;
  });
}

/** Gas that one more log adds to an `appendMany`: between one append and ten in a transaction, the same sizes for each. */
export async function measureAppendManyMarginalGas(sizes: Sizes, account?: Signer): Promise<number> {
  return onAnchorLog(account, async (anchorLog) => {
    const [first, ...others] = await anchorGrowths(anchorLog, sizes, 11);
    const gasOfOne = await gasOf(anchorLog['appendMany']!([first]));
    const gasOfTen = await gasOf(anchorLog['appendMany']!(others));
    await assertHeads(anchorLog, [first!, ...others]);
    return (gasOfTen - gasOfOne) / 9;
  });
}

/** A hub's transaction: gas of one `appendMany` for so many logs, each from `oldSize` to `newSize`. */
export async function measureHubGas(
  sizes: Sizes,
  logs: number,
  account?: Signer,
): Promise<{ gas: number; calldataBytes: number }> {
  return onAnchorLog(
    account,
    async (anchorLog) => {
      const appends = await anchorGrowths(anchorLog, sizes, logs);
      const calldata = anchorLog.interface.encodeFunctionData('appendMany', [appends]);
      const gas = await gasOf(anchorLog['appendMany']!(appends));
      await assertHeads(anchorLog, appends);
      return { gas, calldataBytes: (calldata.length - 2) / 2 };
    },
    hugeBlock,
  );
}

/** More than any chain's block, so that what a thousand logs would take can be measured at all. */
const hugeBlock = 200_000_000;

type AppendArguments = [logId: string, newSize: number, newRoot: string, proof: string[], signature: string];

/** On a contract of its own, so that one measurement leaves nothing to the next. */
async function onAnchorLog<T>(
  account: Signer | undefined,
  use: (anchorLog: Contract) => Promise<T>,
  blockGasLimit?: number,
): Promise<T> {
  if (account !== undefined) return use(await deployAnchorLog(account));
  const chain = await openSimulatedChain(blockGasLimit);
  try {
    return await use(await deployAnchorLog(chain.accounts[0]!));
  } finally {
    await chain.close();
  }
}

async function deployAnchorLog(admin: Signer): Promise<Contract> {
  const address = await admin.getAddress();
  const anchorLog = await deploy(AnchorLog, admin, address, 0);
  await mined(anchorLog['admitOrganisation']!(organisation, address));
  return anchorLog;
}

/** Opens `count` logs, anchors each at `oldSize`, and gives the arguments of the appends to `newSize`. */
async function anchorGrowths(
  anchorLog: Contract,
  { oldSize, newSize }: Sizes,
  count: number,
): Promise<AppendArguments[]> {
  const anchorer = await (anchorLog.runner as Signer).getAddress();
  const next = unlikeZero(`${oldSize} to ${newSize}`);
  const signature = (): string => concat([next(), next()]);
  const growths = Array.from({ length: count }, () => ({
    logId: hexlify(next()),
    ...syntheticGrowth(oldSize, newSize, next),
  }));
  await allMined(growths, ({ logId }) => anchorLog['openLog']!(logId, organisation, anchorer));
  await allMined(growths, ({ logId, root1 }) =>
    anchorLog['append']!(logId, oldSize, hexlify(root1), [], signature()),
  );
  return growths.map(({ logId, root2, proof }) => [
    logId,
    newSize,
    hexlify(root2),
    proof.map((node) => hexlify(node)),
    signature(),
  ]);
}

/** Sent one after the other and awaited together: on a chain of blocks, they share one. */
async function allMined<T>(items: readonly T[], send: (item: T) => Promise<unknown>): Promise<void> {
  const sent: ContractTransactionResponse[] = [];
  for (const item of items) sent.push((await send(item)) as ContractTransactionResponse);
  await Promise.all(sent.map((one) => one.wait()));
}

async function assertHeads(anchorLog: Contract, appends: AppendArguments[]): Promise<void> {
  for (const [logId, newSize, newRoot] of appends) {
    const head = (await anchorLog['head']!(logId)) as [size: bigint, root: string, anchoredAt: bigint];
    if (head[0] !== BigInt(newSize) || head[1] !== newRoot) {
      throw new Error(`the head of ${logId} has not moved to ${newSize}`);
    }
  }
}

async function gasOf(sent: Promise<unknown>): Promise<number> {
  return Number((await mined(sent)).gasUsed);
}

async function mined(sent: Promise<unknown>): Promise<ContractTransactionReceipt> {
  return (await ((await sent) as ContractTransactionResponse).wait())!;
}

/** 32 bytes at each call, always the same ones of a label. Hashes and signatures have next to no zero bytes, which are cheaper. */
function unlikeZero(label: string): () => Uint8Array {
  let count = 0;
  return () => getBytes(id(`${label}, ${count++}`)).map((byte) => byte || 1);
}
