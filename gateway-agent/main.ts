import { Command } from 'commander';
import { agentVersion, startAgent } from './agent.ts';
import { environmentNames, loadConfig } from './config.ts';
import { GatewayError } from './gateway-error.ts';
import { openLogger } from './observe/logger.ts';
import { superviseBySystemd } from './observe/watchdog.ts';

const program = new Command('gateway-agent')
  .description(
    'The edge: takes signed readings over MQTT, keeps them through power cuts, logs, uploads and anchors them.',
  )
  .version(agentVersion)
  .showHelpAfterError();

const run = program
  .command('run', { isDefault: true })
  .description(
    'Run the gateway until Ctrl-C. Settings come from --config, then the environment, then the flags.',
  )
  .option('--config <file>', 'YAML file with the settings', process.env.TIANYUAN_GATEWAY_CONFIG);
for (const [path, name] of Object.entries(environmentNames)) {
  run.option(`--${flagOf(path)} <value>`, `${path} (${name})`);
}
run.action(async (options: Record<string, string | undefined>) => {
  const flags = Object.fromEntries(
    Object.keys(environmentNames).map((path) => [path, options[camelCase(flagOf(path))]]),
  );
  const config = loadConfig(options.config, process.env, flags);
  const logger = openLogger(config);
  const agent = await startAgent(config, logger);
  process.on('SIGHUP', () => agent.reload());
  const supervised = new AbortController();
  const supervision = superviseBySystemd(process.env, logger)?.run(agent.findStuck, supervised.signal);
  // The supervisor starts it again, and the start salvages.
  void agent.broken.then(() => agent.stop()).finally(() => process.exit(1));
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      supervised.abort();
      Promise.all([agent.stop(), supervision]).then(() => process.exit(0), fail);
    });
  }
});

/** The agent itself runs for months, and needs nothing of what the commands beside it load: a tenth of its heap. */
const isAgent = (argument: string | undefined): boolean =>
  argument === undefined || argument === 'run' || /^--(?!help$|version$)/.test(argument);
if (!isAgent(process.argv[2])) (await import('./commands/commands.ts')).addCommands(program);

/** `mqtt.port` is `--mqtt-port`. */
function flagOf(path: string): string {
  return path.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function fail(error: unknown): never {
  if (error instanceof GatewayError || (error as { name?: string }).name === 'ChainError') {
    process.stderr.write(`${(error as Error).message}\n`);
  } else {
    process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  }
  process.exit(1);
}

await program.parseAsync().catch(fail);
