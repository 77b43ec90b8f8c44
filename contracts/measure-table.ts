import { measureAppendGas, measureHubGas } from './measure-gas.ts';

// npm run contracts:gas: the tables of docs/contracts.md and the constants of test/scale/constants.ts.
// Worst case: the old size is one below a power of two.

const sizes = [2 ** 10, 2 ** 15, 2 ** 20, 2 ** 24, 2 ** 30].map((size) => size - 1);
const batches = [1, 10, 100, 1_000, 10_000, 100_000];

process.stdout.write('append, gas: by old size and entries\n');
for (const oldSize of sizes) {
  const row: string[] = [];
  for (const more of batches) {
    const gas = await measureAppendGas({ oldSize, newSize: oldSize + more });
    row.push(`${more}: ${gas} (${(gas / more).toPrecision(3)} a reading)`);
  }
  process.stdout.write(`${oldSize}  ${row.join('  ')}\n`);
}

process.stdout.write('appendMany, 60 entries onto 2^20 - 1, by logs\n');
for (const logs of [1, 10, 100, 1_000]) {
  const { gas, calldataBytes } = await measureHubGas({ oldSize: 2 ** 20 - 1, newSize: 2 ** 20 + 59 }, logs);
  process.stdout.write(`${logs}: ${gas} gas, ${Math.round(gas / logs)} a log, ${calldataBytes} bytes\n`);
}
