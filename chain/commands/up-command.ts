import type { Command } from 'commander';
import { ChainError } from '../chain-error.ts';
import { defaultPort, startLocalChain } from '../local/local-chain.ts';
import { startCliqueNetwork } from '../network/clique/clique-network.ts';
import { integer } from './option-values.ts';

/** Where a command says what it did, and what is odd; a line each. */
export type Voice = { say: (line: string) => void; warn: (line: string) => void };

type UpFlags = { dir?: string; port: number; signers?: number; period: number };

/** `chain up`: a chain on this machine, until interrupted. */
export function addUpCommand(program: Command, voice: Voice): void {
  program
    .command('up')
    .description(
      'run a chain on this machine until interrupted; goes on from where it stopped. One anvil, or with --signers a real ' +
        'network of geth nodes that seal by Clique',
    )
    .option(
      '--dir <directory>',
      'state and accounts (default: .tianyuan/chain, with --signers .tianyuan/clique)',
    )
    .option(
      '--port <port>',
      'on 127.0.0.1; of the first signer, the others follow; 0 for any that is free',
      integer,
      defaultPort,
    )
    .option('--signers <number>', 'so many geth nodes instead of anvil', integer)
    .option('--period <seconds>', 'between two blocks, with --signers', integer, 1)
    .action(async (flags: UpFlags) => {
      // Before anything runs: a node would outlive a signal that comes while it starts. And every time: a terminal and a
      // wrapper between it and us both pass on a Ctrl-C, and the second would end this process before its nodes.
      const interrupted = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
      });
      await (flags.signers === undefined
        ? upAnvil(flags, interrupted, voice)
        : upClique(flags, interrupted, voice));
    });
}

async function upAnvil(
  { dir = '.tianyuan/chain', port }: UpFlags,
  interrupted: Promise<void>,
  { say, warn }: Voice,
): Promise<void> {
  const chain = await startLocalChain({ directory: dir, port, onLine: warn });
  if (chain.start === 'recovered') {
    warn('the last stop tore the state file; its newest whole copy was taken, up to a second may be missing');
  }
  say(`chain ${chain.chainId} at ${chain.rpcUrl} (${chain.start})`);
  void interrupted.then(chain.stop);
  const { code, signal } = await chain.exited;
  if (code !== 0)
    throw new ChainError(
      'ANVIL_FAILED',
      `anvil ended by itself (${signal ?? code}): start again, it recovers`,
    );
}

/** A node that ends by itself is told of; the others go on, as they would elsewhere. */
async function upClique(
  { dir = '.tianyuan/clique', port, signers, period }: UpFlags,
  interrupted: Promise<void>,
  { say, warn }: Voice,
): Promise<void> {
  const network = await startCliqueNetwork({
    directory: dir,
    rpcPort: port,
    periodSeconds: period,
    onLine: warn,
    ...(signers !== undefined && { signers }),
  });
  say(`chain ${network.chainId}, a block every ${network.periodSeconds} s (${network.start})`);
  for (const { address, rpcUrl } of network.nodes) say(`signer ${address} at ${rpcUrl}`);
  say(
    `accounts: --chain-id ${network.chainId} --mnemonic-file ${network.directory}/mnemonic, for \`chain deploy\` and \`chain enrol\``,
  );
  let stopping = false;
  for (const node of network.nodes)
    void node.ended().then(() => stopping || warn(`signer ${node.address} has ended by itself: start again`));
  await interrupted;
  stopping = true;
  say('stopping');
  await network.stop();
}
