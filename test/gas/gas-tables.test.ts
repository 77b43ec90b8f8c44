import { readFileSync } from 'node:fs';
import { measureHubGas } from '@tianyuan/contracts/measure-gas.ts';
import { expect, test } from 'vitest';
import { constants } from '../scale/constants.ts';
import { appendTable, hubLimits, hubTable } from './gas-tables.ts';

const page = readFileSync(new URL('../../docs/contracts.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');

test.each([
  ['append', appendTable, 8],
  // Those of hundreds of logs take a minute: the command prints them.
  ['appendMany', hubTable, 5],
] as const)(
  'docs/contracts.md has the measured table of %s',
  { timeout: 120_000 },
  async (_, table, rows) => {
    const lines: string[] = [];
    for await (const line of table()) if (lines.push(line) === rows) break;
    expect(lines).toHaveLength(rows);
    for (const line of lines.filter((one) => !one.startsWith('| -'))) expect(page).toContain(line);
  },
);

test('the simulation stands on what is measured', { timeout: 120_000 }, async () => {
  const sizes = { oldSize: 2 ** 20 - 1, newSize: 2 ** 20 + 59 };
  const ten = await measureHubGas(sizes, 10);
  const hundred = await measureHubGas(sizes, 100);
  const perLog = (hundred.gas - ten.gas) / 90;
  const { gasPerLog, gasPerTransaction, calldataPerLog } = constants;
  // Signatures and hashes have a few zero bytes more or less.
  expect(Math.abs(perLog - gasPerLog.value)).toBeLessThan(20);
  expect(Math.abs(ten.gas - 10 * perLog - gasPerTransaction.value)).toBeLessThan(200);
  expect((hundred.calldataBytes - ten.calldataBytes) / 90).toBe(calldataPerLog.value);
  // Of the largest transactions: one more log is too much for each.
  const gasOf = (logs: number) => gasPerTransaction.value + logs * gasPerLog.value;
  expect(gasOf(hubLimits.block)).toBeLessThanOrEqual(constants.blockGas.value);
  expect(gasOf(hubLimits.block + 1)).toBeGreaterThan(constants.blockGas.value);
  const bytesOf = (logs: number) => logs * calldataPerLog.value;
  expect(bytesOf(hubLimits.geth)).toBeLessThan(128 * 1024);
  expect(bytesOf(hubLimits.geth + 2)).toBeGreaterThanOrEqual(128 * 1024);
});
