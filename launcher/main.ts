import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import QRCode from 'qrcode';
import { accompanying, pagePath } from './demonstration.ts';
import { LauncherError } from './launcher-error.ts';
import { type Layout, defaultHome, layoutOf } from './layout.ts';
import { runOnce } from './once.ts';
import { type OneMachine, startOneMachine } from './one-machine.ts';
import { awaitProgress, formatProgress } from './progress.ts';
import { secretIn } from './secret-file.ts';
import { tellStory } from './story/tell-story.ts';

type Options = {
  once?: string;
  fresh?: boolean;
  home: string;
  host: string;
  publicUrl?: string;
  devices: number;
  rate: string;
};

const program = new Command('npm start --')
  .description(
    '田源：在本机启动全部部件（本地链、网关、溯源服务、模拟设备）。\n' +
      'Tianyuan: every part on this machine, each as its own process: local chain, gateway, trace API, simulated devices.\n' +
      'Data is kept in .tianyuan/ and goes on from there next time. Ctrl-C stops everything cleanly.',
  )
  .option(
    '--once <file>',
    'send 1,000 messages, wait until they are final, write one proof bundle to <file>, verify it, exit',
  )
  .option('--fresh', 'start over: forget what earlier runs kept')
  .option('--home <dir>', 'where everything is kept', defaultHome)
  .option('--host <address>', 'where the pages are served; 127.0.0.1 keeps them on this machine', '0.0.0.0')
  .option('--public-url <url>', 'what QR codes and links carry, where a proxy stands in front')
  .option('--devices <n>', 'how many simulated devices', wholeNumber, 12)
  .option('--rate <n>', 'messages a second and device', '0.2')
  .action(async (options: Options) => {
    process.exitCode = await run(options);
  });

async function run(options: Options): Promise<number> {
  const layout = layoutOf(resolve(options.home));
  const isOnce = options.once !== undefined;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const interrupted = interruption();
  const starting = startOneMachine({
    layout,
    fresh: options.fresh ?? false,
    devices: options.devices,
    host: isOnce ? '127.0.0.1' : options.host,
    publicUrl: options.publicUrl,
    anchorIntervalMs: 2_000,
    quiet: isOnce,
    say: (line) => say(colors.dim(`· ${line}`)),
  });
  const machine = await Promise.race([starting, interrupted]);
  if (machine === undefined) {
    await starting.then(
      (late) => late.stop(),
      () => {},
    );
    return 130;
  }
  try {
    const work = isOnce
      ? runOnce(machine, layout, options.once!, say)
      : showAndRun(machine, layout, { rate: options.rate }, say);
    return (await Promise.race([work, interrupted])) ?? (isOnce ? 130 : 0);
  } finally {
    say(colors.dim('· stopping'));
    await machine.stop();
  }
}

/** Starts the devices, shows where to look as soon as the first reading is final, and stays. */
async function showAndRun(
  machine: OneMachine,
  layout: Layout,
  deviceFlags: Record<string, string>,
  say: (line: string) => void,
): Promise<number> {
  const { traceUrl, mqttPort } = machine;
  const telling = tellStory({
    layout,
    traceUrl,
    mqttPort,
    ownerToken: secretIn(layout.ownerToken),
    devices: accompanying(machine.devices),
    say: (line) => say(colors.dim(`· ${line}`)),
  });
  await Promise.race([telling, machine.parts.broken]);
  machine.parts.add(machine.startDevices(deviceFlags));
  await awaitProgress(
    machine,
    ({ final, messages }) => final > 0 && messages > 0,
    (now) => say(colors.dim(`· ${formatProgress(now)}`)),
    machine.parts.broken,
  );
  const page = `${machine.publicUrl}${pagePath}`;
  say(`\n${await QRCode.toString(page, { type: 'terminal', small: true })}`);
  say(`  ${colors.bold('扫码查看这批脐橙 / scan it with your phone')}`);
  say(`  消费者页面 consumer page   ${page}`);
  say(`  核验页面   inspector page  ${machine.publicUrl}/verify`);
  say(`  工作台     desk            ${machine.publicUrl}/desk`);
  say(`  接口文档   API             ${machine.publicUrl}/docs`);
  say(`  网关状态   gateway         ${machine.gatewayUrl}/status   MQTT 127.0.0.1:${machine.mqttPort}`);
  say(`  链节点     chain           ${machine.rpcUrl}`);
  say(`  溯源中国   simulated       ${machine.nationalUrl}  (PUT /admin/faults {"faults":["down"]})`);
  say(`  ${colors.dim('Ctrl-C 停止，数据保留 / Ctrl-C stops everything; the data stays')}\n`);
  return machine.parts.broken;
}

/** Resolves with undefined at the first Ctrl-C or SIGTERM. */
function interruption(): Promise<undefined> {
  return new Promise((interrupt) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => interrupt(undefined));
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('a whole number from 1 to 1000');
  return value;
}

try {
  await program.parseAsync();
} catch (error) {
  const known = error instanceof LauncherError || (error as Error).name === 'ChainError';
  process.stderr.write(`${colors.red(known ? (error as Error).message : String((error as Error).stack))}\n`);
  process.exitCode = 1;
}
process.exit();
