// npm run check [NAME…]: everything that is judged without running the project. All checks run, whichever fails first.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const typeProjects = [
  'tsconfig.json',
  'tools/tsconfig.json',
  'protocol/tsconfig.json',
  'protocol/tsconfig.pure.json',
  'trace-api/browser/tsconfig.json',
].filter((project) => existsSync(join(root, project)));

/** Each check by its name: the commands that make it up, each a program and its arguments. */
const checks: Record<string, string[][]> = {
  format: [['prettier', '--check', '--cache', '--cache-strategy', 'content', '--log-level', 'warn', '.']],
  lint: [['oxlint']],
  types: typeProjects.map((project) => {
    const known = `node_modules/.cache/tsc/${project.replaceAll('/', '-')}`;
    return ['tsc', '--incremental', '--tsBuildInfoFile', known, '--project', project];
  }),
  'dead-code': [['knip']],
  // Asks no registry for a newer self (--disc).
  solidity: [
    ['contracts/**/!(*.t).sol', 'contracts/solhint.yaml'],
    ['contracts/**/*.t.sol', 'contracts/solhint.tests.yaml'],
  ].map(([files = '', rules = '']) => {
    const quiet = ['--noPoster', '--disc', '--max-warnings', '0'];
    return ['solhint', ...quiet, '--config', rules, files];
  }),
  directions: [['node', 'tools/check-directions.ts']],
  lockfile: [['node', 'tools/complete-lock.ts', '--check']],
};

async function check(name: string): Promise<boolean> {
  const startedAt = performance.now();
  let output = '';
  let passed = true;
  for (const command of checks[name] ?? []) {
    const result = await run(command);
    output += result.output;
    passed &&= result.code === 0;
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (!passed) process.stdout.write(`${output.trimEnd()}\n\n`);
  return passed;
}

function run([program = '', ...args]: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const file = program === 'node' ? process.execPath : join(root, 'node_modules', '.bin', program);
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in checks));
if (unknown.length > 0) {
  process.stderr.write(
    `No check is named ${unknown.join(', ')}; there are ${Object.keys(checks).join(', ')}.\n`,
  );
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : Object.keys(checks)) {
    if (!(await check(name))) process.exitCode = 1;
  }
}
