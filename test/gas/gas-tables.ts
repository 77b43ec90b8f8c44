import { measureAppendGas, measureHubGas } from '@tianyuan/contracts/measure-gas.ts';
import type { Signer } from 'ethers';

/** Worst case: an old size one below a power of two, where every node on the way up is hashed for both heads. */
const logSizes = [2 ** 10, 2 ** 15, 2 ** 20, 2 ** 24, 2 ** 30].map((size) => size - 1);
const batches = [1, 10, 100, 1_000, 10_000, 100_000];
/** A minute of twenty devices is 20; 60 is what the hub's tables have been measured with. */
const hubGrowth = { oldSize: 2 ** 20 - 1, newSize: 2 ** 20 + 59 };

/**
 * How many logs go into one transaction. geth takes no more than 128 KiB of one, a block of 30 million gas no more than 624
 * logs, and the hub fills four fifths of that.
 */
export const hubLimits = { geth: 126, block: 624, hub: 500 };

/** Gas of one `append`, by the log's size and the entries that it adds: lines of docs/contracts.md. */
export async function* appendTable(account?: Signer): AsyncGenerator<string> {
  yield line(['log', ...batches.map(count)]);
  yield line(['---', ...batches.map(() => '---:')]);
  const million = 2 ** 20 - 1;
  const aReading: string[] = [];
  for (const oldSize of logSizes) {
    const gas: number[] = [];
    for (const more of batches)
      gas.push(await measureAppendGas({ oldSize, newSize: oldSize + more }, account));
    if (oldSize === million) aReading.push(...gas.map((used, i) => perReading(used / batches[i]!)));
    yield line([count(oldSize), ...gas.map(count)]);
  }
  yield line([`a reading, at ${count(million)}`, ...aReading]);
}

/** Gas of so many gateways that anchor 60 entries each through the hub: lines of docs/contracts.md. */
export async function* hubTable(account?: Signer): AsyncGenerator<string> {
  yield line(['gateways', 'transactions', 'gas', 'a gateway', 'calldata of the largest']);
  yield line(['---:', '---:', '---:', '---:', '---:']);
  for (const gateways of hubRows(account === undefined)) {
    const atOnce =
      account === undefined ? (gateways > hubLimits.block ? hubLimits.hub : gateways) : hubLimits.geth;
    const parts = split(gateways, atOnce);
    let gas = 0;
    let calldata = 0;
    for (const logs of parts) {
      const one = await measureHubGas(hubGrowth, logs, account);
      gas += one.gas;
      calldata = Math.max(calldata, one.calldataBytes);
    }
    yield line([
      count(gateways),
      count(parts.length),
      count(gas),
      count(gas / gateways),
      `${count(calldata)} bytes`,
    ]);
  }
}

/** The largest transaction of each chain has a row of its own. */
function hubRows(inProcess: boolean): number[] {
  return inProcess ? [1, 10, 100, hubLimits.block, 1_000] : [1, 10, 100, hubLimits.geth, 1_000];
}

function split(total: number, atOnce: number): number[] {
  const parts = Array.from({ length: Math.floor(total / atOnce) }, () => atOnce);
  return total % atOnce === 0 ? parts : [...parts, total % atOnce];
}

function line(cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function perReading(gas: number): string {
  return gas >= 1_000 ? count(gas) : gas.toPrecision(3);
}
