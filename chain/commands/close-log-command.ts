import { bytesToHex } from '@tianyuan/protocol';
import type { Command } from 'commander';
import { readAccounts } from '../account-files.ts';
import { closeLog } from '../close-log.ts';
import { defaultRpc } from '../default-rpc.ts';
import { readDeployment } from '../deployment.ts';
import { readKeyFile } from '../key-file.ts';

/** `chain close-log`: what is done when a gateway is lost. */
export function addCloseLog(program: Command, say: (line: string) => void): void {
  program
    .command('close-log')
    .description(
      'end the log of a lost gateway in favour of a successor that is open already; prints its last head',
    )
    .argument('<origin>', 'the log to close')
    .requiredOption('--successor <origin>', 'the log that carries on')
    .option('--rpc <url>', 'node to ask, or several with commas between [BLOCKCHAIN_NODES]', defaultRpc)
    .option('--deployment <file>', 'deployment record', '.tianyuan/chain/deployment.json')
    .option('--mnemonic-file <file>', 'phrase of the accounts of a local chain')
    .option('--organisation-key-file <file>', "private key of the organisation's admin")
    .option('--gas-price <wei>', 'fixed price; 0 on chains that charge nothing', BigInt)
    .action(async (origin: string, options: CloseLogFlags) => {
      const accounts = await readAccounts(options.mnemonicFile);
      const { isNew, size, root, ...log } = await closeLog({
        rpcUrl: options.rpc,
        deployment: await readDeployment(options.deployment),
        origin,
        successor: options.successor,
        organisationKey:
          accounts?.admin.privateKey ??
          (await readKeyFile(options.organisationKeyFile, '--organisation-key-file or --mnemonic-file')),
        ...(options.gasPrice !== undefined && { gasPrice: options.gasPrice }),
      });
      say(`log ${log.logId} (${origin}) ${isNew ? 'is closed' : 'was closed already'}`);
      say(`last anchored head: ${size} entries, root ${bytesToHex(root)}`);
      say(`successor: ${log.successor} (${options.successor})`);
    });
}

type CloseLogFlags = {
  successor: string;
  rpc: string;
  deployment: string;
  mnemonicFile?: string;
  organisationKeyFile?: string;
  gasPrice?: bigint;
};
