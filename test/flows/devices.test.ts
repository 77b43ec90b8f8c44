import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import jsQR from 'jsqr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has, pathOf } from '../components.ts';

const root = join(import.meta.dirname, '../..');
const gatewayMain = join(root, 'gateway-agent/main.ts');
const simulator = join(root, 'firmware-sim/main.ts');
const run = promisify(execFile);

let directory: string;
let ports: { mqttPort: number; mqttTlsPort: number; claimPort: number; httpPort: number };
let stopGateway: () => Promise<void>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'devices-'));
  const settings = {
    gateway: 'gw-1',
    origin: 'gw-1.example',
    'data-dir': join(directory, 'gateway'),
    'mqtt-port': '0',
    'mqtt-tls-host': '127.0.0.1',
    'mqtt-tls-port': '0',
    'claims-host': '127.0.0.1',
    'claims-port': '0',
    'http-port': '0',
    'verify-threads': '1',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [gatewayMain, 'run', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    const said = JSON.parse(line) as { msg: string } & typeof ports;
    if (said.msg !== 'the gateway is up') continue;
    ports = said;
    break;
  }
  child.stdout.resume();
  stopGateway = async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
});
afterAll(async () => {
  await stopGateway();
  rmSync(directory, { recursive: true });
});

const devices = async (...args: string[]) =>
  (await run(process.execPath, [gatewayMain, 'devices', ...args, '--data-dir', join(directory, 'gateway')]))
    .stdout;
const sim = async (...args: string[]) =>
  (
    await run(process.execPath, [simulator, ...args, '--state', join(directory, 'devices')], {
      encoding: 'buffer',
    })
  ).stdout;
const status = async () =>
  (await (await fetch(`http://127.0.0.1:${ports.httpPort}/status`)).json()) as { logged: number };

/** Publishes what the simulator signs; resolves when the broker has acknowledged it. */
async function publish(device: string, value: string, options: string[]): Promise<void> {
  const payload = await sim('sign', '--device', device, '--type', 'temperature', '--value', value);
  const client = spawn(
    pathOf('mosquitto_pub'),
    ['-h', '127.0.0.1', '-q', '1', '-s', '-i', device, '-t', `ty/v1/gw-1/${device}/up`, ...options],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  let said = '';
  client.stderr.on('data', (chunk) => (said += String(chunk)));
  client.stdin.end(payload);
  const [code] = (await once(client, 'close')) as [number];
  if (code !== 0) throw new Error(said);
}

/** What a camera sees of a QR code in a terminal, whose characters are two modules each, one above the other. */
function photograph(terminal: string): { pixels: Uint8ClampedArray; width: number; height: number } {
  const rows = terminal.split('\n').filter((line) => /[▀▄█]/.test(line));
  const scale = 4;
  const [width, height] = [Math.max(...rows.map((row) => row.length)) * scale, rows.length * 2 * scale];
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [module, half] = [
        rows[Math.floor(y / scale / 2)]?.[Math.floor(x / scale)],
        Math.floor(y / scale) % 2,
      ];
      const isLight = module === '█' || module === (half === 0 ? '▀' : '▄');
      pixels.fill(isLight ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      pixels[(y * width + x) * 4 + 3] = 255;
    }
  return { pixels, width, height };
}

test('the QR code beside a provisioning string holds that string', async () => {
  const args = [gatewayMain, 'devices', 'add', 'scanned-1', '--host', '127.0.0.1'];
  const { stdout, stderr } = await run(process.execPath, [...args, '--data-dir', join(directory, 'gateway')]);
  const { pixels, width, height } = photograph(stderr);
  expect(jsQR.default(pixels, width, height)?.data).toBe(stdout.trim());
});

describe.skipIf(!has('mosquitto_pub'))(
  'a device, the real programs, and mosquitto_pub',
  { timeout: 120_000 },
  () => {
    test('comes in by its claim, publishes with its certificate, and is out when it is revoked', async () => {
      const line = await devices('add', 'truck-03', '--host', '127.0.0.1');
      expect(line).toMatch(
        new RegExp(
          `^tianyuan:claim/v1\\?gateway=gw-1&mqtt=mqtt%3A%2F%2F127.0.0.1%3A${ports.mqttPort}&mqtts=.*&ca=[\\w-]{43}\n$`,
        ),
      );
      const claiming = sim('claim', line.trim());
      await expect
        .poll(() => devices('list'), { timeout: 60_000 })
        .toContain('truck-03 claim waiting by key');
      const [, shown] = /waiting by key (\S+)/.exec(await devices('list'))!;
      expect(await devices('approve', 'truck-03')).toBe(`truck-03 is enrolled with key 1: ${shown}\n`);
      expect(String(await claiming)).toBe(
        `truck-03 shows key ${shown}\ntruck-03 waits for its owner's approval\ntruck-03 is enrolled with key 1\n`,
      );

      const out = join(directory, 'truck-03');
      const said = await devices('certificate', 'truck-03', '--out', out);
      const [, serial] = /serial ([0-9a-f]{32})/.exec(said)!;
      expect(statSync(join(out, 'truck-03.key')).mode & 0o777).toBe(0o600);
      const secure = ['-p', String(ports.mqttTlsPort), '--cafile', join(out, 'ca.crt')];
      const certificate = [
        ...secure,
        '--cert',
        join(out, 'truck-03.crt'),
        '--key',
        join(out, 'truck-03.key'),
      ];
      const before = (await status()).logged;
      await publish('truck-03', '4100', certificate);
      const token = ['-u', 'truck-03', '-P', String(await sim('token', '--device', 'truck-03'))];
      await publish('truck-03', '4200', [...secure, ...token]);
      await publish('truck-03', '4300', ['-p', String(ports.mqttPort), ...token]);
      expect((await status()).logged).toBe(before + 3);
      // The claim file's authority is the one that the certificate's holder got.
      expect(readFileSync(join(directory, 'devices', 'authority.crt'), 'utf8').trim()).toBe(
        readFileSync(join(out, 'ca.crt'), 'utf8').trim(),
      );

      await devices('revoke', 'truck-03', '--certificate', serial!);
      await expect(publish('truck-03', '4400', certificate)).rejects.toThrow(/not authori[sz]ed/i);
      await publish('truck-03', '4500', [...secure, ...token]);
      await devices('revoke', 'truck-03');
      await expect(publish('truck-03', '4600', [...secure, ...token])).rejects.toThrow(/not authori[sz]ed/i);
      expect((await status()).logged).toBe(before + 4);
      expect(await devices('list')).toMatch(
        /^truck-03 1 \S{44} revoked\ntruck-03 certificate \w{32} revoked\n/m,
      );
      expect(JSON.parse(await devices('export'))).toMatchObject({
        devices: [{ device: 'truck-03', key: 1 }],
        revocations: [{ device: 'truck-03', cuts: [] }],
      });
    });

    test.each(['http', 'mqtt'])('claims by %s, without being asked where its owner said so', async (way) => {
      const line = await devices('add', `probe-${way}`, '--host', '127.0.0.1', '--auto-approve');
      const said = String(await sim('claim', line.trim(), '--over', way));
      expect(said).toContain(`probe-${way} is enrolled with key 1`);
      const token = String(await sim('token', '--device', `probe-${way}`));
      await publish(`probe-${way}`, '4000', [
        '-p',
        String(ports.mqttPort),
        '-u',
        `probe-${way}`,
        '-P',
        token,
      ]);
      await expect(sim('claim', line.trim(), '--over', way)).rejects.toThrow(/USED|not authori[sz]ed/i);
    });

    test('simulated, claims its place over TLS and reports over TLS, believing the authority of its string', async () => {
      const line = await devices('add', 'truck-01', '--host', '127.0.0.1', '--auto-approve');
      await sim('claim', line.trim(), '--over', 'mqtts');
      const before = (await status()).logged;
      const broker = `mqtts://127.0.0.1:${ports.mqttTlsPort}`;
      const fleet = ['--profile', 'truck', '--devices', '1', '--rate', '50', '--messages', '5'];
      await sim('run', '--broker', broker, '--gateway', 'gw-1', ...fleet);
      expect((await status()).logged).toBe(before + 5);
    });

    test('that gets a new key sends what it had signed with the old one, and then with the new one only', async () => {
      const invited = await devices('add', 'van-1', '--host', '127.0.0.1', '--auto-approve');
      await sim('claim', invited.trim());
      const old = await sim('sign', '--device', 'van-1', '--type', 'temperature', '--value', '1');
      const rotated = await devices('rotate', 'van-1', '--host', '127.0.0.1', '--auto-approve');
      expect(String(await sim('claim', rotated.trim()))).toContain('van-1 is enrolled with key 2');
      const options = [
        '-p',
        String(ports.mqttPort),
        '-u',
        'van-1',
        '-P',
        String(await sim('token', '--device', 'van-1')),
      ];
      const before = (await status()).logged;
      await publish('van-1', '2', options);
      const late = spawn(
        pathOf('mosquitto_pub'),
        ['-h', '127.0.0.1', '-q', '1', '-s', '-i', 'van-1', '-t', 'ty/v1/gw-1/van-1/up', ...options],
        { stdio: ['pipe', 'ignore', 'inherit'] },
      );
      late.stdin.end(old);
      await once(late, 'close');
      expect((await status()).logged).toBe(before + 2);
      expect(await devices('list')).toMatch(/^van-1 1 \S{44} until boot 1\nvan-1 2 \S{44}$/m);
    });
  },
);
