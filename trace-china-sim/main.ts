import { PlatformError, newLogger } from '@tianyuan/platform';
import { Command, InvalidArgumentError, Option } from 'commander';
import { faults } from './fault.ts';
import { type SimulatorOptions, openSimulator } from './open-simulator.ts';
import { SimulatorError } from './simulator-error.ts';

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(`a whole number from ${min} to ${max}`);
};

const program = new Command('trace-china-sim')
  .description(
    '模拟国家追溯平台（溯源中国）：自有密钥与数据，可按要求出错。\n' +
      'Stands in for the national traceability platform, as docs/trace-china.md describes it: own keys, own records.\n' +
      `Faults: curl -X PUT URL/admin/faults -d '{"faults":["slow"]}', of ${faults.join(', ')}.`,
  )
  .option('--home <dir>', 'keys, records and what a client is given', '.tianyuan/trace-china-sim')
  .option('--host <address>', 'address to listen on; /admin asks nobody who they are', '127.0.0.1')
  .option('--port <number>', 'port to listen on, 0 for any', wholeNumber(0, 65_535), 8095)
  .addOption(
    new Option('--algorithm <name>', 'how answers are signed')
      .choices(['SM2-SM3', 'RSA-SHA256'])
      .default('SM2-SM3'),
  )
  .addOption(
    new Option('--encoding <name>', 'of SM2 signatures: r‖s or DER').choices(['rs', 'der']).default('rs'),
  )
  .option('--token-lifetime-s <seconds>', 'how long a token counts', wholeNumber(1, 86_400), 7_200)
  .action(async (options: SimulatorOptions) => {
    const logger = newLogger('info');
    const simulator = await openSimulator(options);
    const { url, environmentsFile } = simulator;
    logger.info({ url, environmentsFile }, 'the simulated national platform listens');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close());
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof SimulatorError || error instanceof PlatformError)) throw error;
  process.stderr.write(`trace-china-sim: ${error.message}\n`);
  process.exitCode = 1;
}
