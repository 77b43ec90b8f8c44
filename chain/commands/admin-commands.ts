import type { Command } from 'commander';
import {
  type AdminCall,
  acceptAdminTransfer,
  adminCalls,
  beginAdminTransfer,
  cancelAdminTransfer,
  readAdmins,
} from '../admin-transfer.ts';
import { ChainError } from '../chain-error.ts';
import { type Deployment, readDeployment } from '../deployment.ts';
import { readKeyFile } from '../key-file.ts';
import { type ChainNode, openNode } from '../node.ts';
import { type Transactor, openTransactor } from '../transactor.ts';

type AdminFlags = {
  rpc: string;
  deployment: string;
  keyFile?: string;
  print?: boolean;
  gasPrice?: bigint;
};

type Opened = { node: ChainNode; deployment: Deployment; by: () => Promise<Transactor> };

/** `chain admin`: who rules over the roles of both contracts, and how that changes hands. */
export function addAdminCommands(program: Command, defaultRpc: string, say: (line: string) => void): void {
  const admin = program
    .command('admin')
    .description('the admin of both contracts, who hands over in two steps with a delay between');

  const step = (name: string, description: string): Command =>
    withTarget(admin.command(name).description(description), defaultRpc)
      .option('--key-file <file>', "the acting account's private key, 0x and 64 hex digits")
      .option('--print', 'send nothing, print the calls that a multi-signature account is to make')
      .option('--gas-price <wei>', 'fixed price; 0 on chains that charge nothing', BigInt);

  withTarget(
    admin.command('show').description('who it is, and who has been named to follow'),
    defaultRpc,
  ).action((flags: AdminFlags) =>
    opened(flags, async ({ node, deployment }) => {
      for (const { contract, admin: address, delaySeconds, pending } of await readAdmins(node, deployment)) {
        const next =
          pending === undefined
            ? 'nobody is named to follow'
            : `${pending.admin} may accept from ${isoTime(pending.acceptFromMs)} on`;
        say(`${contract}: ${address}, delay ${delaySeconds} s; ${next}`);
      }
    }),
  );

  step('begin', 'name the account that takes over: by the present admin')
    .argument('<address>', 'the next admin, meant to be a multi-signature account')
    .action((to: string, flags: AdminFlags) =>
      opened(flags, async ({ node, deployment, by }) => {
        if (flags.print) return print(say, adminCalls(deployment, 'beginDefaultAdminTransfer', [to]));
        const acceptFromMs = await beginAdminTransfer(node, await by(), deployment, to);
        say(
          acceptFromMs === undefined
            ? `${to} is the admin already`
            : `${to} may accept from ${isoTime(acceptFromMs)} on: \`chain admin accept\``,
        );
      }),
    );

  step('accept', 'take both contracts over: by the account that was named, once the delay is over').action(
    (flags: AdminFlags) =>
      opened(flags, async ({ node, deployment, by }) => {
        if (flags.print) return print(say, adminCalls(deployment, 'acceptDefaultAdminTransfer'));
        const account = await by();
        const count = await acceptAdminTransfer(node, account, deployment);
        say(`${account.address} took over ${count} contract(s), the rest was its own`);
      }),
  );

  step('cancel', 'take back what was begun: by the present admin').action((flags: AdminFlags) =>
    opened(flags, async ({ node, deployment, by }) => {
      if (flags.print) return print(say, adminCalls(deployment, 'cancelDefaultAdminTransfer'));
      say(`cancelled on ${await cancelAdminTransfer(node, await by(), deployment)} contract(s)`);
    }),
  );
}

function withTarget(command: Command, defaultRpc: string): Command {
  return command
    .option('--rpc <url>', 'node to ask', defaultRpc)
    .option('--deployment <file>', 'deployment record', '.tianyuan/chain/deployment.json');
}

async function opened(flags: AdminFlags, use: (opened: Opened) => Promise<void>): Promise<void> {
  const deployment = await readDeployment(flags.deployment);
  const node = openNode({ rpcUrl: flags.rpc, chainId: deployment.chainId });
  const by = async (): Promise<Transactor> => {
    const key = await readKeyFile(flags.keyFile, '--key-file');
    return openTransactor(node, key, flags.gasPrice === undefined ? {} : { gasPrice: flags.gasPrice });
  };
  try {
    requireTwoSteps(deployment, flags.deployment);
    await use({ node, deployment, by });
  } finally {
    node.close();
  }
}

/** The first release granted the role at once, and has none of these functions. */
function requireTwoSteps({ release = 1 }: Deployment, file: string): void {
  if (release >= 2) return;
  throw new ChainError(
    'CONTRACT_OUTDATED',
    `the contracts that ${file} records are of release ${release}, whose admin role is granted and renounced: hand the logs ` +
      'over to the present release (`chain hand-over`)',
  );
}

/** One JSON line a call, as the transaction builders of multi-signature accounts take them. */
function print(say: (line: string) => void, calls: AdminCall[]): void {
  for (const { to, data } of calls) say(JSON.stringify({ to, value: '0', data }));
}

function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
