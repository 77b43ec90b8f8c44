import { cpSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { configSchema } from '@tianyuan/gateway-agent/config.ts';
import { type Agent, startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/device-register.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { loadGatewayKey } from '@tianyuan/gateway-agent/log/gateway-key.ts';
import { encodeBase64 } from '@tianyuan/protocol';
import mqtt from 'mqtt';
import pino from 'pino';
import { type Device, newDevice } from '../trace/signed-log.ts';

/** A line of an agent's log, as an operator reads it. */
export type LogLine = { level: number; msg: string; err?: { code?: string; message: string } } & Record<
  string,
  unknown
>;

export type GatewayWiring = {
  rpcUrl: string;
  deployment: string;
  accountKey: string;
  validators: string;
  confirmations: number;
  traceUrl?: string | undefined;
  anchors?: boolean;
  /** `hub`: the trace API anchors, and the gateway reads of its node what became of it */
  anchoring?: 'hub';
};

/** A real gateway-agent in this process, over a directory that outlives it. */
export type TestGateway = {
  origin: string;
  directory: string;
  publicKey: Uint8Array;
  device: Device;
  lines: LogLine[];
  status: Agent['status'];
  start: (wiring?: Partial<GatewayWiring>) => Promise<void>;
  stop: () => Promise<void>;
  /** publishes so many messages of its device, and waits until each is acknowledged: durable and in the log */
  measure: (messages: number) => Promise<void>;
  /** a copy of all that is on its disk; to be taken while it does not run */
  copyTo: (directory: string) => void;
};

const token = 'the-token-of-the-device-of-this-test';

/** @param key of the device: two gateways over copies of one disk have one device */
export function makeGateway(
  directory: string,
  name: string,
  wiring: GatewayWiring,
  device: Device = newDevice(`sensor-${name}`),
): TestGateway {
  const origin = `${name}.chain.example`;
  const store = openStore(directory);
  const { publicKey } = loadGatewayKey(directory, store);
  enrolDevice(
    store,
    { device: device.id, key: 1, publicKey: encodeBase64(device.publicKey), token },
    Date.now(),
  );
  store.close();
  const lines: LogLine[] = [];
  let agent: Agent | undefined;

  return {
    origin,
    directory,
    publicKey,
    device,
    lines,
    status: () => agent!.status(),
    async start(changed = {}) {
      const { traceUrl, anchors = true, anchoring, accountKey, ...address } = { ...wiring, ...changed };
      const chain = anchoring === undefined ? { ...address, accountKey } : address;
      const config = configSchema.parse({
        gateway: name,
        origin,
        dataDir: directory,
        mqtt: { port: 0 },
        http: { port: 0 },
        ...(traceUrl !== undefined && { traceUrl }),
        ...(anchors && { chain }),
        ...(anchoring !== undefined && { anchoring }),
        anchorIntervalMs: 200,
        verifyThreads: 1,
      });
      const logger = pino(
        { level: 'info' },
        { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) },
      );
      agent = await startAgent(config, logger);
    },
    async stop() {
      const stopping = agent;
      agent = undefined;
      await stopping?.stop();
    },
    async measure(messages) {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${agent!.mqttPort}`, {
        clientId: device.id,
        username: device.id,
        password: token,
      });
      for (let i = 0; i < messages; i++) {
        await client.publishAsync(
          `ty/v1/${name}/${device.id}/up`,
          Buffer.from(device.sign({ batch: `batch-of-${device.id}` })),
          { qos: 1 },
        );
      }
      await client.endAsync();
    },
    copyTo: (to) => cpSync(directory, to, { recursive: true }),
  };
}

/** Waits until a gateway's log has a line of these words after the first `from`, and gives it. */
export async function lineOf(
  gateway: TestGateway,
  words: RegExp,
  from = 0,
  timeoutMs = 90_000,
): Promise<LogLine> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = gateway.lines
      .slice(from)
      .find((line) => words.test(`${line.msg} ${line.err?.code ?? ''} ${line.err?.message ?? ''}`));
    if (found !== undefined) return found;
    if (Date.now() > deadline) {
      const said = gateway.lines
        .slice(from)
        .slice(-20)
        .map((line) => `${line.msg} ${line.err?.message ?? ''}`);
      throw new Error(`no line of ${words} in:\n${said.join('\n')}`);
    }
    await delay(100);
  }
}
