import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import {
  type UnsignedReadings,
  decodeBase64,
  encodeBase64,
  newSecretKey,
  publicKeyOf,
  signMessage,
} from '@tianyuan/protocol';
import sodium from 'sodium-native';

const gatewayMain = fileURLToPath(new URL('../gateway-agent/main.ts', import.meta.url));
const unit = readFileSync(new URL('../deploy/gateway-agent.service', import.meta.url), 'utf8');
/** As systemd starts it: what is measured is what is shipped. */
const nodeFlags = /^ExecStart=\S+ ((?:--\S+ )*)/m.exec(unit)![1]!.trim().split(' ');
const mallocArenas = /^Environment=MALLOC_ARENA_MAX=(.*)$/m.exec(unit)![1]!;

export type BenchDevice = { id: string; token: string; secretKey: Uint8Array; publicKey: Uint8Array };

export type GatewayUnderTest = {
  devices: BenchDevice[];
  topic: (device: BenchDevice) => string;
  dataDir: string;
  /** of its log */
  publicKey: () => Uint8Array;
  mqttPort: number;
  httpUrl: () => string;
  status: () => Promise<{ logged: number; mirrored: number; refused: Record<string, number> }>;
  process: ChildProcess;
  /** ends the agent as a power cut would end it, as far as a process can */
  kill: () => Promise<void>;
  /** after {@link GatewayUnderTest.kill}: the same directory, the same port */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
};

/**
 * A gateway-agent in a process and a directory of its own, with enrolled devices and no link; its memory is bounded and its
 * code cached as by its unit.
 * @param under a program, with its arguments, that runs the agent: a tracer
 * @param flags of the agent, beside the ones that a test needs anyway
 * @param parent the directory in which it gets its own: on another disk
 */
export async function startGateway(
  deviceCount: number,
  {
    under = [],
    flags = [],
    parent = tmpdir(),
  }: { under?: readonly string[]; flags?: readonly string[]; parent?: string } = {},
): Promise<GatewayUnderTest> {
  const dir = mkdtempSync(join(parent, 'tianyuan-gateway-'));
  const dataDir = join(dir, 'gateway');
  const env = {
    ...process.env,
    MALLOC_ARENA_MAX: mallocArenas,
    NODE_COMPILE_CACHE: join(dir, 'compiled'),
  };
  const devices = enrolDevices(dir, dataDir, deviceCount);
  execFileSync(process.execPath, [gatewayMain, 'warm-up'], { env });
  let agent = await run(0);

  async function run(mqttPort: number): Promise<Running> {
    const [program, ...programArguments] = [...under, process.execPath];
    const child = spawn(
      program,
      [
        ...programArguments,
        ...nodeFlags,
        gatewayMain,
        `--gateway=bench`,
        `--origin=bench.example/log`,
        `--data-dir=${dataDir}`,
        `--mqtt-port=${mqttPort}`,
        `--http-port=0`,
        // What is tried here is not how a device is held back.
        `--mqtt-rate-per-second=1000000`,
        `--mqtt-burst=1000000`,
        ...flags,
      ],
      { env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    return { child, ...(await readStart(child)) };
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const exited = once(agent.child, 'exit');
    // The agent itself: a tracer keeps such signals to itself, and ends with what it traces.
    process.kill(agent.pid, signal);
    await exited;
  }

  return {
    devices,
    topic: ({ id }) => `ty/v1/bench/${id}/up`,
    dataDir,
    publicKey: () =>
      decodeBase64(
        execFileSync(process.execPath, [gatewayMain, 'key', '--data-dir', dataDir], {
          encoding: 'utf8',
        }).trim(),
      ),
    mqttPort: agent.mqttPort,
    httpUrl: () => `http://127.0.0.1:${agent.httpPort}`,
    status: async () =>
      (await (await fetch(`http://127.0.0.1:${agent.httpPort}/status`)).json()) as Awaited<
        ReturnType<GatewayUnderTest['status']>
      >,
    get process() {
      return agent.child;
    },
    kill: () => end('SIGKILL'),
    async restart() {
      agent = await run(agent.mqttPort);
    },
    async stop() {
      if (agent.child.exitCode === null && agent.child.signalCode === null) await end('SIGTERM');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function enrolDevices(dir: string, dataDir: string, count: number): BenchDevice[] {
  const devices = Array.from({ length: count }, (_, i): BenchDevice => {
    const secretKey = newSecretKey();
    const id = `bench-${i + 1}`;
    return { id, token: `token-of-bench-device-${i + 1}`, secretKey, publicKey: publicKeyOf(secretKey) };
  });
  const enrolment = join(dir, 'enrolment.json');
  const rows = devices.map(({ id, token, publicKey }) => {
    return { device: id, key: 1, publicKey: encodeBase64(publicKey), token };
  });
  writeFileSync(enrolment, JSON.stringify(rows));
  execFileSync(process.execPath, [gatewayMain, 'devices', 'import', enrolment, '--data-dir', dataDir]);
  return devices;
}

/** Signs with libsodium: a benchmark prepares hundreds of thousands of messages. */
export function signFor(
  device: BenchDevice,
  message: Omit<UnsignedReadings, 'v' | 'device' | 'key'>,
): Uint8Array {
  const secret = Buffer.concat([device.secretKey, device.publicKey]);
  return signMessage({ v: 1, device: device.id, key: 1, ...message }, (input) => {
    const signature = new Uint8Array(64);
    sodium.crypto_sign_detached(signature, input, secret);
    return signature;
  });
}

type Start = { pid: number; mqttPort: number; httpPort: number };
type Running = Start & { child: ChildProcess };

async function readStart(child: ChildProcess): Promise<Start> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const { pid, mqttPort, httpPort } = JSON.parse(line) as Partial<Start>;
    if (pid !== undefined && mqttPort !== undefined && httpPort !== undefined) {
      child.stdout!.resume();
      return { pid, mqttPort, httpPort };
    }
  }
  throw new Error('the gateway did not come up');
}
