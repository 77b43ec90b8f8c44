#!/usr/bin/env node
import { resolve } from 'node:path';
import { stderr } from 'node:process';
import { Command } from 'commander';
import { UnusableInput } from '../unusable-input.ts';
import { checkReport } from './check-command.ts';
import { type InspectOptions, runInspection } from './inspect-command.ts';
import { Unreachable } from './trace-source.ts';

/** 0: every lot accurate. 1: misses. 2: nothing could be said. 130: called off by Ctrl-C. */
const unusableExitCode = 2;

const program = new Command('inspect')
  .description(
    '随机抽检：从手机的门到链，逐批核验所示与所证是否一致。\n' +
      'Draws lots at random and checks each from the phone’s door to the chain, trusting only what you pin.\n' +
      'Exit code: 0 all accurate, 1 misses, 2 unusable, 130 called off.',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : unusableExitCode));

program
  .command('run', { isDefault: true })
  .description('inspect lots and write a signed report')
  .option('--sample <n>', 'how many lots', '100')
  .option(
    '--seed <text>',
    'what the draw depends on: choose it after the lots are known; default: a random one',
  )
  .option(
    '--state <state>',
    'which lots: sold, shipped, either of both, or all that are published',
    'sold-or-shipped',
  )
  .option('--url <url>', 'the trace API; default: the one of `npm start`')
  .option('--trust <file>', 'your trust policy; default: .tianyuan/trust-policy.json of this checkout')
  .option('--rpc <url>', 'JSON-RPC of your node of the chain; default: the one of `npm start`')
  .option(
    '--bundles <n>',
    'proof bundles verified one by one of each lot, besides the first and the last',
    '10',
  )
  .option('--key <file>', 'your key, made where there is none', '.tianyuan/inspector.key')
  .option('--out <file>', 'the report', 'inspection.html')
  .action((options: InspectOptions) =>
    exitWith(() =>
      runInspection({
        ...options,
        key: fromCaller(options.key),
        out: fromCaller(options.out),
        ...(options.trust !== undefined && { trust: fromCaller(options.trust) }),
      }),
    ),
  );

program
  .command('check <file>')
  .description("check a report's signature, and that its page is the one of its signed data")
  .requiredOption('--public-key <base64>', "the inspector's public key, as you know it from elsewhere")
  .action((file: string, { publicKey }: { publicKey: string }) =>
    exitWith(() => Promise.resolve(checkReport(fromCaller(file), publicKey))),
  );

await program.parseAsync();

async function exitWith(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    const isSaid = error instanceof UnusableInput || error instanceof Unreachable;
    stderr.write(`无法抽检 cannot inspect\n${isSaid ? error.message : (error as Error).stack}\n`);
    process.exitCode = unusableExitCode;
  }
}

/** npm runs scripts in the package's folder and tells where the caller stood. */
function fromCaller(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env;
  return script === 'inspect' && caller !== undefined ? resolve(caller, path) : resolve(path);
}
