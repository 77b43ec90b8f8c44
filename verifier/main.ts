#!/usr/bin/env node
import { resolve } from 'node:path';
import { stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { type TrustPolicy, type Verdict, jsonRpcOver, verifyBundle } from '@tianyuan/protocol';
import { type PolicyOptions, choosePolicy } from './choose-policy.ts';
import { formatCheck, formatExcursionVerdict, formatVerdict } from './format-result.ts';
import { readBundle } from './read-bundle.ts';
import { UnusableInput } from './unusable-input.ts';
import { verifyExcursion } from './verify-excursion.ts';

type Options = PolicyOptions & { rpc?: string; json?: true; excursion?: string };

const exitCodes = { valid: 0, invalid: 1, incomplete: 2 } as const satisfies Record<Verdict, number>;
const unusableExitCode = 2;

const deploymentPolicy = fileURLToPath(new URL('../.tianyuan/trust-policy.json', import.meta.url));

await new Command('verify')
  .description(
    'Checks a proof bundle, trusting only what you pin. Exit code: 0 valid, 1 invalid, 2 incomplete or unusable.',
  )
  .argument('<file...>', 'a .proof.json file, or - for standard input; with --excursion, all that it names')
  .option('--rpc <url>', "JSON-RPC of a node of the chain; without one the chain's word is not checked")
  .option(
    '--policy <file>',
    "trust policy; default .tianyuan/trust-policy.json of this checkout, if it's there",
  )
  .option('--chain-id <number>', 'pin the chain by hand')
  .option('--anchor-log <address>', 'pin the AnchorLog contract by hand')
  .option('--registry <address>', 'pin the DeviceRegistry contract by hand')
  .option('--finality <rule>', 'pin the rule by hand: instant, confirmations:BLOCKS or anvil:MILLISECONDS')
  .option(
    '--excursion <claim>',
    'an excursion as /excursions serves it: verify the bundles of its leaves, and work it out again from them',
  )
  .option('--json', 'print {verdict, checks} as JSON; of an excursion {verdict, reason, bundles}')
  // commander's own code for a wrong command line is 1, which here means an invalid bundle
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : unusableExitCode))
  .action(verify)
  .parseAsync();

async function verify(files: string[], options: Options): Promise<void> {
  try {
    const { policy: pinned, source } = choosePolicy(
      { ...options, ...(options.policy !== undefined && { policy: fromCaller(options.policy) }) },
      deploymentPolicy,
    );
    stderr.write(`信任策略 trust policy: ${source}\n`);
    const rpc = options.rpc === undefined ? {} : { rpc: jsonRpcOver(parseUrl(options.rpc)) };
    const policy = { ...pinned, ...rpc };
    const named = files.map((file) => (file === '-' ? file : fromCaller(file)));
    const verdict =
      options.excursion === undefined
        ? await verifyOne(named, policy, options)
        : await verifyClaim(fromCaller(options.excursion), named, policy, options);
    process.exitCode = exitCodes[verdict];
  } catch (error) {
    // Whatever else goes wrong must not end in Node's exit code 1, which here means an invalid bundle.
    const words = error instanceof UnusableInput ? error.message : (error as Error).stack;
    stderr.write(`无法核验 cannot verify\n${words}\n`);
    process.exitCode = unusableExitCode;
  }
}

async function verifyOne(files: string[], policy: TrustPolicy, { json }: Options): Promise<Verdict> {
  const [file, another] = files;
  if (another !== undefined) {
    throw new UnusableInput('一次核验一个证明包。', 'One bundle at a time, but for those of an --excursion.');
  }
  const bundle = await readBundle(file!);
  const { verdict, checks } = await verifyBundle(bundle, policy, (check) => {
    if (!json) stdout.write(`${formatCheck(check, stdout)}\n`);
  });
  stdout.write(json ? `${JSON.stringify({ verdict, checks })}\n` : `\n${formatVerdict(verdict, checks)}\n`);
  return verdict;
}

async function verifyClaim(
  claim: string,
  files: string[],
  policy: TrustPolicy,
  { json }: Options,
): Promise<Verdict> {
  const result = await verifyExcursion(claim, files, policy, (file, verdict, checks) => {
    const told = checks.filter(({ status }) => status !== 'passed');
    const lines = told.map((check) => `  ${formatCheck(check, stdout)}\n`);
    if (!json) stdout.write(`${file}: ${verdict}\n${lines.join('')}`);
  });
  const { verdict, reason } = result;
  stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${formatExcursionVerdict(verdict, reason)}\n`);
  return verdict;
}

/** npm runs scripts in the package's folder and tells where the caller stood. */
function fromCaller(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env;
  return script === 'verify' && caller !== undefined ? resolve(caller, path) : path;
}

function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new UnusableInput(
    `--rpc 应为 http 或 https 网址，而不是 ${text}`,
    `--rpc wants an http or https URL, not ${text}`,
  );
}
