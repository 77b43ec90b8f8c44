import { Command, CommanderError } from 'commander';
import { readAccounts } from '../account-files.ts';
import type { LocalAccounts } from '../accounts.ts';
import { addAdminCommands } from './admin-commands.ts';
import { ChainError } from '../chain-error.ts';
import { addCloseLog } from './close-log-command.ts';
import { changeKeys, withoutRotated } from '../change-keys.ts';
import { deployContracts } from '../deploy.ts';
import { readDeployment } from '../deployment.ts';
import { enrol } from '../enrol.ts';
import { readEnrolmentFile } from '../enrolment-file.ts';
import { anchorerBalance, fundAccounts } from '../fund.ts';
import { addHandOverCommand } from './hand-over-command.ts';
import { readKeyFile } from '../key-file.ts';
import { localChainId } from '../local/local-chain.ts';
import { addMonitorCommand } from './monitor-command.ts';
import { addNetworkCommands } from './network-command.ts';
import { openNode } from '../node.ts';
import { addOrganisationCommands } from './organisation-commands.ts';
import { defaultRpc } from '../default-rpc.ts';
import { describeStatus } from './describe-status.ts';
import { integer } from './option-values.ts';
import { addSuperRootCommands } from './super-root-command.ts';
import { readStatus } from '../status.ts';
import { addUpCommand } from './up-command.ts';

/** Where a command writes to; the text ends its lines itself. */
export type Print = { out: (text: string) => void; err: (text: string) => void };

/** Runs one command. @returns the exit code: 0, or 1 with a line that says what went wrong */
export async function runCommandLine(args: string[], print: Print): Promise<number> {
  try {
    await commands(print).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof ChainError)) throw error;
    print.err(`${error.code}: ${error.message}\n`);
    return 1;
  }
}

function commands(print: Print): Command {
  const say = (line: string): void => print.out(`${line}\n`);
  const warn = (line: string): void => print.err(`${line}\n`);
  const program = new Command('chain')
    .description(
      'The EVM side of Tianyuan: a local chain, the contracts on any chain, keys and logs on the contracts',
    )
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({ writeOut: print.out, writeErr: print.err });

  addUpCommand(program, { say, warn });
  addMonitorCommand(program, { say, warn });
  addSuperRootCommands(program, { say, warn });
  addNetworkCommands(program, say);

  program
    .command('deploy')
    .description('put both contracts on a chain and admit organisations; does nothing where that was done')
    .option('--rpc <url>', 'node to ask, or several with commas between [BLOCKCHAIN_NODES]', defaultRpc)
    .option('--chain-id <number>', 'the chain that the node must be of', integer, localChainId)
    .option('--deployment <file>', 'record to read or write', '.tianyuan/chain/deployment.json')
    .option('--mnemonic-file <file>', 'phrase of the accounts of a local chain; they get every role')
    .option('--key-file <file>', "the deploying account's private key, 0x and 64 hex digits")
    .option('--pauser <address...>', 'may pause anchoring')
    .option('--organisation <name=address...>', 'an organisation, and the account that acts for it')
    .option('--admin <address>', 'name this (multi-signature) account as the next admin; it has to accept')
    .option(
      '--admin-delay <seconds>',
      'how long a next admin waits before it may accept (default a day)',
      integer,
    )
    .option('--predecessor <file>', 'record of the earlier release on this chain that these contracts follow')
    .option('--gas-price <wei>', 'fixed price; 0 on chains that charge nothing', BigInt)
    .option('--replace', 'deploy anew where the record is of a chain that is gone, or of an earlier release')
    .action(async (options: DeployFlags) => {
      const accounts = await readAccounts(options.mnemonicFile);
      const result = await deployContracts({
        rpcUrl: options.rpc,
        chainId: options.chainId,
        file: options.deployment,
        privateKey:
          accounts?.admin.privateKey ?? (await readKeyFile(options.keyFile, '--key-file or --mnemonic-file')),
        roles: {
          pausers: [...(options.pauser ?? []), ...(accounts ? [accounts.admin.address] : [])],
          organisations: (options.organisation ?? []).map((one) => parseOrganisation(one, accounts)),
        },
        replace: options.replace === true,
        ...(options.admin !== undefined && { admin: options.admin }),
        ...(options.adminDelay !== undefined && { adminDelaySeconds: options.adminDelay }),
        ...(options.predecessor !== undefined && { predecessor: await readDeployment(options.predecessor) }),
        ...(options.gasPrice !== undefined && { gasPrice: options.gasPrice }),
      });
      const { anchorLog, deviceRegistry } = result.deployment;
      say(`${result.outcome}; ${result.grants} role(s) granted; record: ${options.deployment}`);
      say(`AnchorLog ${anchorLog.address}\nDeviceRegistry ${deviceRegistry.address}`);
      if (result.acceptFromMs !== undefined) {
        const from = new Date(result.acceptFromMs).toISOString();
        say(`${options.admin} becomes admin when it accepts, from ${from} on: \`chain admin accept\``);
      }
    });

  program
    .command('enrol')
    .description('enrol keys and open logs, as far as that has not been done')
    .argument(
      '<file>',
      'JSON: {"organisation", "devices": [{device, key, publicKey}], "persons": […], "logs": [{origin, publicKey, anchorer}]}',
    )
    .option('--rpc <url>', 'node to ask, or several with commas between [BLOCKCHAIN_NODES]', defaultRpc)
    .option('--deployment <file>', 'deployment record', '.tianyuan/chain/deployment.json')
    .option('--organisation <name>', 'whose keys and logs these are, where the file does not say it')
    .option('--mnemonic-file <file>', 'phrase of the accounts of a local chain')
    .option('--registrar-key-file <file>', 'private key of a registrar of the organisation')
    .option('--organisation-key-file <file>', "private key of the organisation's admin")
    .option('--gas-price <wei>', 'fixed price; 0 on chains that charge nothing', BigInt)
    .action(async (file: string, options: EnrolFlags) => {
      const accounts = await readAccounts(options.mnemonicFile);
      const {
        organisation,
        keys,
        rotations,
        revocations,
        logs: named,
      } = await readEnrolmentFile(file, options.organisation);
      const deployment = await readDeployment(options.deployment);
      const logs = named.map(({ origin, anchorer = accounts?.anchorerOf(origin).address }) => {
        if (anchorer === undefined)
          throw new ChainError('REFUSED', `${file} names no anchorer for log ${origin}: add it`);
        return { origin, organisation: organisation!, anchorer };
      });
      const registrarKey =
        keys.length + rotations.length + revocations.length === 0
          ? undefined
          : (accounts?.registrar.privateKey ??
            (await readKeyFile(options.registrarKeyFile, '--registrar-key-file')));
      const [first, later] = withoutRotated(keys, rotations);
      const result = await enrol({
        rpcUrl: options.rpc,
        deployment,
        keys: first,
        logs,
        ...(registrarKey !== undefined && { registrarKey }),
        ...(organisation !== undefined && { keysOf: organisation }),
        ...(logs.length > 0 && {
          organisationKey:
            accounts?.admin.privateKey ??
            (await readKeyFile(options.organisationKeyFile, '--organisation-key-file')),
        }),
        ...(options.gasPrice !== undefined && { gasPrice: options.gasPrice }),
      });
      if (accounts !== undefined) {
        await fundAccounts({
          rpcUrl: options.rpc,
          chainId: deployment.chainId,
          privateKey: accounts.admin.privateKey,
          accounts: logs.map(({ anchorer }) => anchorer),
          atLeast: anchorerBalance,
        });
      }
      say(
        `${result.enrolled} of ${first.length} key(s) enrolled, ${result.opened} of ${logs.length} log(s) opened, the rest was there`,
      );
      if (rotations.length + revocations.length === 0) return;
      const done = await changeKeys(
        {
          rpcUrl: options.rpc,
          deployment,
          registrarKey: registrarKey!,
          ...(organisation !== undefined && { keysOf: organisation }),
          ...(options.gasPrice !== undefined && { gasPrice: options.gasPrice }),
        },
        { keys: later, rotations, revocations },
      );
      say(
        `${done.rotated} of ${rotations.length} key(s) rotated, ${done.revoked} of ${revocations.length} revoked, the rest was so`,
      );
    });

  addCloseLog(program, say);

  program
    .command('status')
    .description('what the contracts know: logs and their heads, keys, the newest block')
    .option('--rpc <url>', 'node to ask, or several with commas between [BLOCKCHAIN_NODES]', defaultRpc)
    .option('--deployment <file>', 'deployment record', '.tianyuan/chain/deployment.json')
    .action(async ({ rpc, deployment: file }: { rpc: string; deployment: string }) => {
      const deployment = await readDeployment(file);
      const node = openNode({ rpcUrl: rpc, chainId: deployment.chainId });
      try {
        say(await describeStatus(node, deployment, await readStatus(node, deployment)));
      } finally {
        node.close();
      }
    });
  addAdminCommands(program, defaultRpc, say);
  addOrganisationCommands(program, defaultRpc, say);
  addHandOverCommand(program, defaultRpc, say);
  return program;
}

type DeployFlags = {
  rpc: string;
  chainId: number;
  deployment: string;
  mnemonicFile?: string;
  keyFile?: string;
  pauser?: string[];
  organisation?: string[];
  admin?: string;
  adminDelay?: number;
  predecessor?: string;
  gasPrice?: bigint;
  replace?: boolean;
};

type EnrolFlags = {
  rpc: string;
  deployment: string;
  organisation?: string;
  mnemonicFile?: string;
  registrarKeyFile?: string;
  organisationKeyFile?: string;
  gasPrice?: bigint;
};

/** Without an address it is this machine's own, with its registrar. */
function parseOrganisation(
  text: string,
  accounts: LocalAccounts | undefined,
): { name: string; admin: string; registrars?: string[] } {
  const [name, admin] = text.split('=');
  if (name && admin) return { name, admin };
  if (name && accounts)
    return { name, admin: accounts.admin.address, registrars: [accounts.registrar.address] };
  throw new ChainError('REFUSED', `--organisation takes name=address, not "${text}"`);
}
