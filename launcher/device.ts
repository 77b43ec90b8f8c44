import { resolve } from 'node:path';
import { Command } from 'commander';
import { readAddresses } from './addresses.ts';
import { declareBatch } from './declare-batch.ts';
import { demonstration } from './demonstration.ts';
import { importDevices, makeDevices } from './enrol-devices.ts';
import { defaultHome, layoutOf } from './layout.ts';
import { readLogKey, readPlatformKey } from './log-key.ts';
import { setUpChain } from './set-up-chain.ts';

const program = new Command('npm run device --').description(
  'Devices of the machine that npm start runs on, beside the simulated ones.',
);

program
  .command('add <id>')
  .description(
    "make a device's keys and enrol it: at the gateway, on the chain, and in the demonstration's batch",
  )
  .option('--home <dir>', 'where npm start keeps everything', defaultHome)
  .action(async (id: string, options: { home: string }) => {
    const layout = layoutOf(resolve(options.home));
    const addresses = readAddresses(layout.addresses);
    await makeDevices(layout, ['--device', id]);
    const devices = await importDevices(layout);
    const logKey = await readLogKey(layout);
    const platformKey = await readPlatformKey(layout);
    await setUpChain(layout, addresses.rpcUrl, { devices, people: [], logKey, platformKey });
    await declareBatch(layout, addresses.traceUrl, devices);
    process.stdout.write(
      `${id} is enrolled: MQTT 127.0.0.1:${addresses.mqttPort}, topic ty/v1/${demonstration.gateway}/${id}/up, batch ${demonstration.batchId}\n`,
    );
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
