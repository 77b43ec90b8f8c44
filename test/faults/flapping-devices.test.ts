import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importDevices, makeDevices } from '@tianyuan/launcher/enrol-devices.ts';
import { layoutOf, partMain } from '@tianyuan/launcher/layout.ts';
import { expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../gateway-under-test.ts';
import { openFlappingLink } from './flapping-link.ts';
import { readGateway } from './read-gateway.ts';

// The simulated devices as they are, over a link that breaks in the middle of packets, PUBACKs included.
test('devices behind a link that breaks every few messages: each message is in the log once, in order', async () => {
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-flapping-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const gateway = await startGateway(0);
  onTestFinished(() => gateway.stop());
  const layout = { ...layoutOf(home), gateway: gateway.dataDir };
  await makeDevices(layout, ['--devices', '4']);
  await importDevices(layout);
  const link = await openFlappingLink(gateway.mqttPort, 8_000);
  onTestFinished(() => link.close());

  const sim = spawn(
    process.execPath,
    [
      partMain('firmware-sim'),
      'run',
      `--broker=mqtt://127.0.0.1:${link.port}`,
      `--gateway=bench`,
      `--state=${layout.devices}`,
      `--devices=4`,
      `--rate=20`,
      `--messages=600`,
      `--summary=${layout.summary}`,
    ],
    { stdio: 'ignore' },
  );
  onTestFinished(() => void sim.kill('SIGKILL'));
  // After so many cuts it has been seen, and the rest need not wait for reconnects.
  const watch = setInterval(() => link.cuts() >= 40 && link.mend(), 50);
  onTestFinished(() => clearInterval(watch));
  const [code] = (await once(sim, 'exit')) as [number];
  expect(code).toBe(0);
  expect(link.cuts()).toBeGreaterThanOrEqual(20);

  const { devices } = JSON.parse(readFileSync(layout.summary, 'utf8')) as {
    devices: { device: string; boot: number; seq: number }[];
  };
  const { countersByDevice, others } = readGateway(gateway.dataDir);
  expect(others).toEqual([]);
  for (const { device, boot, seq } of devices) {
    expect(countersByDevice.get(device)).toEqual(Array.from({ length: seq }, (_, i) => [boot, i + 1]));
  }
});
