// npm run contracts:analyse: Slither on the deployed contracts and the example. Every finding is answered in answered.ts,
// or this fails, as it does on an answer to nothing. Needs Python 3 with pip, which brings Slither into .toolchain/ the first time.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { answered } from './answered.ts';
import { type Finding, matchFindings } from './match-findings.ts';

const slitherVersion = '0.11.6';
const contracts = join(import.meta.dirname, '..');
const root = join(contracts, '..');
const venv = join(root, '.toolchain', `slither-${slitherVersion}`);
const entries = [
  'anchor-log/AnchorLog.sol',
  'device-registry/DeviceRegistry.sol',
  'examples/ColdChainEscrow.sol',
];

function run(program: string, args: string[], cwd = root): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args[0]} failed: ${error?.message ?? stderr}`);
}

/** Slither reads sources by their names, so they are laid out as the compiler is told of them. */
function layOut(directory: string): string {
  const sources: Record<string, { content: string }> = {};
  const add = (name: string, file: string): void => {
    if (name in sources) return;
    const content = readFileSync(file, 'utf8');
    sources[name] = { content };
    if (!name.startsWith('@')) {
      mkdirSync(join(directory, dirname(name)), { recursive: true });
      writeFileSync(join(directory, name), content);
    }
    for (const [, imported = ''] of content.matchAll(/from "([^"]+)"/g)) {
      if (imported.startsWith('.')) add(join(dirname(name), imported), join(dirname(file), imported));
      else add(imported, join(root, 'node_modules', imported));
    }
  };
  for (const entry of entries) add(entry, join(contracts, entry));
  symlinkSync(join(root, 'node_modules', '@openzeppelin'), join(directory, '@openzeppelin'));
  const outputSelection = { '*': { '*': ['abi', 'evm', 'userdoc', 'devdoc', 'metadata'], '': ['ast'] } };
  const settings = { evmVersion: 'london', optimizer: { enabled: false }, outputSelection };
  const input = join(directory, 'input.json');
  writeFileSync(input, JSON.stringify({ language: 'Solidity', sources, settings }));
  return input;
}

if (!existsSync(join(venv, 'bin', 'slither'))) {
  process.stderr.write('bringing Slither, once …\n');
  run('python3', ['-m', 'venv', venv]);
  run(join(venv, 'bin', 'pip'), ['install', '--quiet', `slither-analyzer==${slitherVersion}`]);
}
const directory = mkdtempSync(join(tmpdir(), 'tianyuan-slither-'));
try {
  const input = layOut(directory);
  const solc = join(directory, 'solc');
  const script = join(import.meta.dirname, 'solc.ts');
  writeFileSync(solc, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 });
  const python = join(venv, 'bin', 'python');
  const output = run(python, [join(import.meta.dirname, 'run_slither.py'), input, solc], directory);
  const found = output
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Finding);
  const { taken, open, stale } = matchFindings(found, answered);
  const describe = ({ check, where, at }: Omit<Finding, 'impact'>) =>
    `${check} ${where}${at.length > 0 ? ` at ${JSON.stringify(at)}` : ''}`;
  for (const { finding, answer } of taken) {
    process.stdout.write(`ok     ${finding.impact} ${finding.check} ${finding.where}: ${answer.says}\n`);
  }
  for (const finding of open) process.stdout.write(`OPEN   ${finding.impact} ${describe(finding)}\n`);
  for (const answer of stale) process.stdout.write(`STALE  ${describe(answer)}: nothing is found there\n`);
  process.stdout.write(`${found.length} finding(s), ${answered.length} answer(s)\n`);
  if (open.length + stale.length > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
