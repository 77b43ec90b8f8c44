import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The pinned compiler behind the two calls that Slither makes of a `solc` program.
const solc = createRequire(import.meta.url)('solc') as {
  version: () => string;
  compile: (input: string) => string;
};

process.stdout.write(
  process.argv.includes('--version')
    ? `solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`
    : solc.compile(readFileSync(0, 'utf8')),
);
