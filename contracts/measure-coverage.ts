// npm run contracts:coverage: which lines the Solidity suite reaches, and whether that is what it has to be. Half a minute.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type LineCoverage, belowFloor, readCoverage } from './line-coverage.ts';

/** Percent of lines: all of them, while that is so. A line that only the TypeScript suites reach lowers it, and is to be said here. */
const floors: Record<string, number> = {
  'anchor-log/AnchorLog.sol': 100,
  'device-registry/DeviceRegistry.sol': 100,
  'device-registry/Ed25519Encoding.sol': 100,
  'examples/ColdChainEscrow.sol': 100,
  'merkle/Rfc6962.sol': 100,
};

const hardhat = spawnSync(
  process.execPath,
  ['../tools/node24.mjs', 'hardhat', '--coverage', 'test', 'solidity'],
  {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  },
);
if (hardhat.status !== 0) {
  process.stderr.write(hardhat.stdout + hardhat.stderr);
  process.exit(1);
}
const measured = readCoverage(readFileSync(`${import.meta.dirname}/coverage/lcov.info`, 'utf8'));
for (const { file, lines, missed } of measured) {
  const what = missed.length === 0 ? '' : `, not ${missed.join(', ')}`;
  process.stdout.write(`${percent({ file, lines, missed })} of ${lines} lines of ${file}${what}\n`);
}
const failing = belowFloor(measured, floors);
for (const failure of failing) process.stdout.write(`BELOW  ${failure}\n`);
if (failing.length > 0) process.exitCode = 1;

function percent({ lines, missed }: LineCoverage): string {
  return `${((100 * (lines - missed.length)) / lines).toFixed(1)} %`;
}
