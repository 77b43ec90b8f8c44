import type { Command } from 'commander';
import { readDeployment } from '../deployment.ts';
import { handOverLog } from '../hand-over.ts';
import { readKeyFile } from '../key-file.ts';

type HandOverFlags = {
  rpc: string;
  fromRpc?: string;
  from: string;
  deployment: string;
  organisation: string;
  anchorer: string;
  organisationKeyFile?: string;
  gasPrice?: bigint;
};

/** `chain hand-over`: a log goes on under a later release of the contracts. */
export function addHandOverCommand(program: Command, defaultRpc: string, say: (line: string) => void): void {
  program
    .command('hand-over')
    .description('close a log on an old contract and go on with its last head on the present one')
    .argument('<origin>', 'of the log')
    .requiredOption('--from <file>', 'deployment record of the old contract')
    .requiredOption('--organisation <name>', 'whose log it is')
    .requiredOption('--anchorer <address>', 'the account that appends from now on')
    .option('--rpc <url>', 'node to ask', defaultRpc)
    .option('--from-rpc <url>', "node of the old contract's chain, where that is another one")
    .option(
      '--deployment <file>',
      'deployment record of the present contract',
      '.tianyuan/chain/deployment.json',
    )
    .option('--organisation-key-file <file>', "private key of the organisation's admin, on both contracts")
    .option('--gas-price <wei>', 'fixed price; 0 on chains that charge nothing', BigInt)
    .action(async (origin: string, flags: HandOverFlags) => {
      const { size, closed, anchored } = await handOverLog({
        rpcUrl: flags.rpc,
        ...(flags.fromRpc !== undefined && { fromRpcUrl: flags.fromRpc }),
        from: await readDeployment(flags.from),
        to: await readDeployment(flags.deployment),
        origin,
        organisation: flags.organisation,
        anchorer: flags.anchorer,
        organisationKey: await readKeyFile(flags.organisationKeyFile, '--organisation-key-file'),
        ...(flags.gasPrice !== undefined && { gasPrice: flags.gasPrice }),
      });
      say(
        `${origin}: ${closed ? 'closed' : 'was closed'} at ${size} entries, ` +
          `${anchored ? 'which are the first head' : 'nothing new was anchored'} on the present contract`,
      );
    });
}
