import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { awaitChain, awaitHttp } from './await-part.ts';
import { declareBatch } from './declare-batch.ts';
import { demonstration } from './demonstration.ts';
import { type EnrolledDevice, importDevices, makeDevices } from './enrol-devices.ts';
import { LauncherError } from './launcher-error.ts';
import { type Layout, partMain } from './layout.ts';
import { readLogKey, readPlatformKey } from './log-key.ts';
import { type PartProcess, startPart } from './part-process.ts';
import { type RunningParts, newRunningParts, stopLeftovers } from './running-parts.ts';
import { choosePorts, reachableAddress } from './ports.ts';
import { secretIn } from './secret-file.ts';
import { setUpChain } from './set-up-chain.ts';
import { fileNationalRecord } from './story/national-record.ts';
import { isStoryTold, storyPeople } from './story/tell-story.ts';
import { truckSensors } from './story/truck.ts';
import { takeLock } from './take-lock.ts';

export type OneMachineOptions = {
  layout: Layout;
  fresh: boolean;
  devices: number;
  /** address on which the pages are served */
  host: string;
  /** the URL that codes and links carry, where it differs from what can be told here */
  publicUrl: string | undefined;
  anchorIntervalMs: number;
  /** shows the parts' own lines only where they fail */
  quiet: boolean;
  say: (line: string) => void;
};

/** Everything but the devices, up and set up. */
export type OneMachine = {
  rpcUrl: string;
  traceUrl: string;
  /** of the simulated national platform */
  nationalUrl: string;
  /** as a phone in the same network sees it */
  publicUrl: string;
  mqttPort: number;
  gatewayUrl: string;
  /** every device that is enrolled */
  devices: EnrolledDevice[];
  parts: RunningParts;
  /** starts a part, again after `parts.stop`, and waits until it answers */
  start: Record<'chain' | 'national' | 'trace' | 'gateway', () => Promise<void>>;
  /** starts the device simulator with these flags added, named without their dashes */
  startDevices: (flags: Record<string, string>) => PartProcess;
  stop: () => Promise<void>;
};

/** Brings up chain, contracts, gateway and trace API, each as a process of its own, and goes on from what is on disk. */
export async function startOneMachine(options: OneMachineOptions): Promise<OneMachine> {
  const { layout, say } = options;
  mkdirSync(layout.home, { recursive: true, mode: 0o700 });
  const unlock = takeLock(layout.lock);
  const leftovers = await stopLeftovers(layout.run);
  if (leftovers.length > 0) say(`stopped what an earlier run had left: ${leftovers.join(', ')}`);
  if (options.fresh) clear(layout);

  const parts = newRunningParts(
    layout.run,
    (part, code) =>
      new LauncherError(`the ${part.name} has ended by itself with code ${code}; its last lines are above`),
  );
  const stop = async (): Promise<void> => {
    await parts.stopAll();
    unlock();
  };
  try {
    return { ...(await bringUp(options, parts)), parts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  options: OneMachineOptions,
  parts: RunningParts,
): Promise<Omit<OneMachine, 'parts' | 'stop'>> {
  const { layout, say, quiet, host } = options;
  const ports = await choosePorts(say);

  const rpcUrl = `http://127.0.0.1:${ports.chain}`;
  const traceUrl = `http://127.0.0.1:${ports.trace}`;
  const gatewayUrl = `http://127.0.0.1:${ports.gateway}`;
  const nationalUrl = `http://127.0.0.1:${ports.national}`;
  const publicUrl = options.publicUrl ?? `http://${reachableAddress(host)}:${ports.trace}`;
  const stateFile = join(layout.chain, 'state.json');

  const start = {
    async chain(): Promise<void> {
      parts.add(
        startPart('chain', [partMain('chain'), 'up', '--dir', layout.chain, '--port', String(ports.chain)], {
          quiet,
        }),
      );
      await awaitChain(rpcUrl, parts.broken);
    },
    async national(): Promise<void> {
      const args = ['--home', layout.national, '--port', String(ports.national)];
      // Nobody waits for the national platform: stop it, and its record is shown as the copy that it is.
      parts.add(startPart('national', [partMain('trace-china-sim'), ...args], { quiet }), 'may end');
      await awaitHttp('the simulated national platform', `${nationalUrl}/admin/faults`, parts.broken);
      await fileNationalRecord(nationalUrl);
    },
    async trace(): Promise<void> {
      const env = {
        HOST: host,
        PORT: String(ports.trace),
        DATA_DIR: layout.trace,
        CHAIN_RPC_URL: rpcUrl,
        DEPLOYMENT_FILE: layout.deployment,
        CHAIN_STATE_FILE: stateFile,
        OWNER_TOKEN_FILE: layout.ownerToken,
        NATIONAL_ENVIRONMENTS_FILE: layout.nationalEnvironments,
        // Looked at once a minute.
        NATIONAL_INTERVAL_MS: '30000',
        PLATFORM_ORIGIN: demonstration.platformOrigin,
        PLATFORM_KEY_FILE: layout.platformKey,
        HUB_ACCOUNT_KEY_FILE: layout.hubKey,
        HUB_INTERVAL_MS: String(options.anchorIntervalMs),
        PUBLIC_URL: publicUrl,
      };
      parts.add(startPart('trace', [partMain('trace-api')], { quiet, env }));
      await awaitHttp('the trace API', `${traceUrl}/healthz`, parts.broken);
    },
    async gateway(): Promise<void> {
      const env = {
        TIANYUAN_GATEWAY: demonstration.gateway,
        TIANYUAN_ORIGIN: demonstration.origin,
        TIANYUAN_GATEWAY_DATA: layout.gateway,
        TIANYUAN_MQTT_PORT: String(ports.mqtt),
        TIANYUAN_GATEWAY_HTTP_PORT: String(ports.gateway),
        TIANYUAN_TRACE_URL: traceUrl,
        TIANYUAN_CHAIN_RPC_URL: rpcUrl,
        TIANYUAN_CHAIN_DEPLOYMENT: layout.deployment,
        TIANYUAN_CHAIN_ACCOUNT_KEY: layout.anchorerKey,
        TIANYUAN_CHAIN_STATE_FILE: stateFile,
        TIANYUAN_ANCHOR_INTERVAL_MS: String(options.anchorIntervalMs),
      };
      parts.add(startPart('gateway', [partMain('gateway-agent')], { quiet, env }));
      await awaitHttp('the gateway', `${gatewayUrl}/healthz`, parts.broken);
    },
  };

  writeFileSync(layout.addresses, JSON.stringify({ rpcUrl, traceUrl, gatewayUrl, mqttPort: ports.mqtt }));
  say('starting the local chain');
  await start.chain();
  say(`enrolling ${options.devices} devices and the gateway's log`);
  await makeDevices(layout, ['--devices', String(options.devices)]);
  for (const sensor of truckSensors) await makeDevices(layout, ['--device', sensor]);
  const devices = await importDevices(layout);
  const logKey = await readLogKey(layout);
  const platformKey = await readPlatformKey(layout);
  await setUpChain(layout, rpcUrl, {
    devices,
    people: Object.values(storyPeople(layout)),
    logKey,
    platformKey,
  });
  secretIn(layout.ownerToken); // made before the trace API reads it
  say('starting the simulated national platform and the trace API');
  await start.national();
  await start.trace();
  if (!isStoryTold(layout)) await declareBatch(layout, traceUrl, devices);
  say('starting the gateway');
  await start.gateway();

  return {
    rpcUrl,
    traceUrl,
    nationalUrl,
    publicUrl,
    mqttPort: ports.mqtt,
    gatewayUrl,
    devices,
    start,
    startDevices(flags) {
      const all = {
        state: layout.devices,
        broker: `mqtt://127.0.0.1:${ports.mqtt}`,
        gateway: demonstration.gateway,
        devices: String(options.devices),
        batch: demonstration.batchId,
        ...flags,
      };
      const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
      return startPart('devices', [partMain('firmware-sim'), 'run', '--json', ...args], { quiet });
    },
  };
}

/** Removes what earlier runs kept, and nothing that is not ours. */
function clear(layout: Layout): void {
  for (const name of readdirSync(layout.home)) {
    if (name !== basename(layout.lock)) rmSync(join(layout.home, name), { recursive: true, force: true });
  }
}
