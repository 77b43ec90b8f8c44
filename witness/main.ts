import { PlatformError, newLogger } from '@tianyuan/platform';
import { signatureTypes, verifierKey } from '@tianyuan/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { readKey, writeNewKey } from './files.ts';
import { type WitnessOptions, beginState, openWitness } from './open-witness.ts';
import { WitnessError } from './witness-error.ts';

type KeyOptions = { name: string; keyFile: string; stateFile: string };

const port = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('a port is 0 to 65535');
};

const program = new Command('witness').description(
  'Cosigns checkpoints of logs that only grow, as C2SP tlog-witness says',
);
program
  .command('key')
  .description('make a witness’s key, and say what verifiers pin of it')
  .requiredOption('--name <name>', 'a schema-less URL, such as witness.example/w1')
  .requiredOption('--key-file <file>', 'where the secret key goes')
  .requiredOption('--state-file <file>', 'where what it cosigns is kept, from now on')
  .action(({ name, keyFile, stateFile }: KeyOptions) => {
    const publicKey = writeNewKey(keyFile);
    beginState(stateFile, { name, publicKey });
    process.stdout.write(`${verifierKey(name, publicKey, signatureTypes.cosignature)}\n`);
  });
program
  .command('begin')
  .description(
    'begin an empty state for a key that was made before. Only for one that has never signed: of a key whose state is lost, ' +
      'nobody knows any more what it cosigned',
  )
  .requiredOption('--name <name>', 'as the key was made for')
  .requiredOption('--key-file <file>', 'the secret key')
  .requiredOption('--state-file <file>', 'where what it cosigns is kept, from now on')
  .action(({ name, keyFile, stateFile }: KeyOptions) => beginState(stateFile, readKey(keyFile, name)));
program
  .command('serve')
  .description('answer add-checkpoint until interrupted')
  .requiredOption('--name <name>', 'as the key was made for')
  .requiredOption('--key-file <file>', 'the secret key')
  .requiredOption('--logs-file <file>', 'one C2SP verifier key a line: the logs to witness')
  .requiredOption('--state-file <file>', 'what was cosigned of each log; never restore an old copy of it')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <number>', 'port to listen on, 0 for any', port, 8090)
  .action(serveUntilStopped);

async function serveUntilStopped(options: WitnessOptions): Promise<void> {
  const logger = newLogger('info');
  const witness = await openWitness(options, logger);
  logger.info({ url: witness.url, vkey: witness.vkey, logs: witness.logs }, 'the witness listens');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void witness.close());
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof WitnessError || error instanceof PlatformError)) throw error;
  process.stderr.write(`witness: ${error.message}\n`);
  process.exitCode = 1;
}
