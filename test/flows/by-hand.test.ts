import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pagePath, demonstration } from '@tianyuan/launcher/demonstration.ts';
import { layoutOf, partMain } from '@tianyuan/launcher/layout.ts';
import { type OneMachine, startOneMachine } from '@tianyuan/launcher/one-machine.ts';
import { checkNames } from '@tianyuan/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { launchBrowser, openPage } from '../browser/browser.ts';
import { has, pathOf } from '../components.ts';

const run = promisify(execFile);
const deviceCommand = join(import.meta.dirname, '../../launcher/device.ts');

// What the README tells a reader to do, on the real parts, up to the verdict in the browser.
describe.skipIf(!has('mosquitto_pub') || !has('chromium'))('a reading that is published by hand', () => {
  let home: string;
  let machine: OneMachine;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'tianyuan-by-hand-'));
    const layout = layoutOf(home);
    machine = await startOneMachine({
      layout,
      fresh: false,
      devices: 1,
      host: '127.0.0.1',
      publicUrl: undefined,
      anchorIntervalMs: 200,
      quiet: true,
      say: () => {},
    });
    await run(process.execPath, [deviceCommand, 'add', 'fridge-01', '--home', home]);
  }, 120_000);
  afterAll(async () => {
    await machine?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const simulator = async (command: string): Promise<string> => {
    const args = `${command} --state ${layoutOf(home).devices} --device fridge-01`;
    return (await run(process.execPath, [partMain('firmware-sim'), ...args.split(' ')])).stdout;
  };
  const sign = (value: number) =>
    simulator(`sign --batch ${demonstration.batchId} --type temperature --value ${value}`);

  async function publish(message: string): Promise<void> {
    const token = (await simulator('token')).trim();
    const topic = `ty/v1/${demonstration.gateway}/fridge-01/up`;
    const args = `-h 127.0.0.1 -p ${machine.mqttPort} -q 1 -s -t ${topic} -i fridge-01 -u fridge-01 -P ${token}`;
    const publishing = run(pathOf('mosquitto_pub'), args.split(' '));
    publishing.child.stdin!.end(message);
    await publishing;
  }

  async function read(url: string): Promise<string> {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    return response.text();
  }

  test('is on the page of its batch, and a browser finds it valid on the real chain', async () => {
    await publish(await sign(4200));
    await vi.waitFor(async () => expect(await read(machine.traceUrl + pagePath)).toContain('4.2\u00a0°C'), {
      timeout: 20_000,
      interval: 200,
    });

    const browser = await launchBrowser();
    try {
      const { page, errors } = await openPage(browser, machine.traceUrl);
      const link = page.locator('a[href*="/verify?bundle="]').first();
      // Until the entry is under an anchor there is no proof to link to.
      await vi.waitFor(
        async () => {
          await page.goto(machine.traceUrl + pagePath);
          expect(await link.count()).toBe(1);
        },
        { timeout: 20_000, interval: 200 },
      );
      await Promise.all([page.waitForURL('**/verify?bundle=*'), link.tap()]);
      // The local chain calls a block final a few seconds later; until then the verdict is incomplete.
      await vi.waitFor(
        async () => {
          await page.reload();
          await page.locator('#verdict[data-verdict="valid"]').waitFor({ timeout: 2_000 });
        },
        { timeout: 30_000, interval: 200 },
      );
      const statuses = await page
        .locator('[data-check]')
        .evaluateAll((rows) =>
          rows.map((row) => [row.getAttribute('data-check'), row.getAttribute('data-status')]),
        );
      expect(statuses).toEqual(checkNames.map((name) => [name, 'passed']));
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  }, 90_000);

  test('is kept out where one digit was changed on the way, and counted', async () => {
    await publish((await sign(4200)).replace('4200', '4201'));
    expect(JSON.parse(await read(`${machine.gatewayUrl}/status`))).toMatchObject({
      refused: { BAD_SIGNATURE: 1 },
    });
  });
});
