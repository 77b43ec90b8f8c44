import {
  measureAppendGas,
  measureAppendManyMarginalGas,
  measureHubGas,
} from '@tianyuan/contracts/measure-gas.ts';
import { openSimulatedChain } from '@tianyuan/contracts/simulated-chain.ts';
import type { Signer } from 'ethers';
import { type Bench, type BenchRow, row } from './bench-row.ts';
import { openGethAccount } from './geth-account.ts';

/** The worst old size near a million, and near 16 million: one below a power of two. */
const million = 2 ** 20 - 1;
const sixteenMillion = 2 ** 24 - 1;

export const gas: Bench = {
  name: 'gas',
  about:
    'AnchorLog.append of 4,096 and of 100,000 entries, worst case, in process and on geth; baseline: a bare transfer on the same chain',
  async *run() {
    const chain = await openSimulatedChain();
    try {
      yield* rowsOn('', chain.accounts[0]!);
    } finally {
      await chain.close();
    }
    const geth = await openGethAccount();
    if (geth === undefined) return;
    try {
      yield* rowsOn('geth: ', geth.account);
    } finally {
      await geth.close();
    }
  },
};

/** The same calls, byte for byte, on whatever chain the account is of. */
async function* rowsOn(chain: string, account: Signer): AsyncGenerator<BenchRow> {
  const baseline = await bareTransferGas(account);
  const gasRow = (size: string, figure: number, unit: string, limit: number, part = 1): BenchRow => {
    const target = `<= ${limit >= 100 ? limit.toLocaleString('en') : limit.toPrecision(3)} ${unit}`;
    const measured = { bench: 'gas', size: chain + size, figure, unit, baseline: baseline / part, target };
    return row(measured, () => figure <= limit);
  };
  for (const [size, oldSize, limit] of [
    ['4,096 onto 1M', million, 75_000],
    ['4,096 onto 16M', sixteenMillion, 80_000],
  ] as const) {
    const used = await measureAppendGas({ oldSize, newSize: oldSize + 4096 }, account);
    yield gasRow(`append ${size}`, used, 'gas', limit);
    yield gasRow(`append ${size}, a reading`, used / 4096, 'gas/reading', limit / 4096, 4096);
  }
  const large = await measureAppendGas({ oldSize: million, newSize: million + 100_000 }, account);
  yield gasRow('append 100,000 onto 1M, a reading', large / 100_000, 'gas/reading', 1, 100_000);
  const sizes = { oldSize: million, newSize: million + 4096 };
  const marginal = await measureAppendManyMarginalGas(sizes, account);
  yield gasRow('appendMany, one more log of 4,096 onto 1M', marginal, 'gas', 50_000);
  const hub = await measureHubGas(sizes, 100, account);
  yield gasRow('appendMany, 100 logs of 4,096 onto 1M, a log', hub.gas / 100, 'gas', 50_000);
}

async function bareTransferGas(from: Signer): Promise<number> {
  const sent = await from.sendTransaction({ to: '0x0000000000000000000000000000000000000bad', value: 1n });
  return Number((await sent.wait())!.gasUsed);
}
