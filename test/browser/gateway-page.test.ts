import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { configSchema } from '@tianyuan/gateway-agent/config.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/device-register.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { enrolmentOf, newTestDevice, signedMessage } from '@tianyuan/gateway-agent/test-device.ts';
import { setPassword } from '@tianyuan/gateway-agent/page/password.ts';
import { newLogger } from '@tianyuan/platform';
import { encodeBase64, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import mqtt from 'mqtt';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has } from '../components.ts';
import { launchBrowser, openPage, scrollsSideways } from './browser.ts';

describe.skipIf(!has('chromium'))('the page of a gateway, on a phone without JavaScript', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tianyuan-page-'));
  const truck = newTestDevice('truck-07');
  const password = '一个很好的密码1';
  let browser: Browser;
  let agent: Agent;
  let origin: string;

  beforeAll(async () => {
    const store = openStore(dataDir);
    // Known to the broker by another key: what it signs with its own is refused until that one is enrolled too.
    const otherKey = encodeBase64(publicKeyOf(newSecretKey()));
    enrolDevice(store, { ...enrolmentOf(truck), key: 2, publicKey: otherKey }, 0);
    await setPassword(store, password);
    store.close();
    const config = configSchema.parse({
      gateway: 'gw-7',
      origin: 'gw-7.farm-3.example',
      dataDir,
      mqtt: { port: 0 },
      http: { port: 0 },
      verifyThreads: 1,
    });
    agent = await startAgent(config, newLogger('silent'));
    origin = `http://127.0.0.1:${agent.httpPort}`;
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${agent.mqttPort}`, {
      clientId: truck.id,
      username: truck.id,
      password: truck.token,
      reconnectPeriod: 0,
    });
    await client.publishAsync('ty/v1/gw-7/truck-07/status', '{"rssi":-67}', { qos: 1 });
    await client.publishAsync('ty/v1/gw-7/truck-07/up', signedMessage(truck, { seq: 1 }), { qos: 1 });
    await client.endAsync();
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await agent?.stop();
    rmSync(dataDir, { recursive: true });
  });

  test('lets its owner in, shows the device, and judges a refused message again', async () => {
    const { page, errors, foreignRequests } = await openPage(browser, origin, { javaScriptEnabled: false });
    await page.goto(origin);
    await page.fill('input[name=password]', password);
    await page.click('main button');
    await page.locator('text=truck-07').first().waitFor();
    const text = () => page.locator('main').innerText();
    expect(await text()).toContain('truck-07');
    expect(await text()).toContain('信号 -67 dBm');
    expect(await text()).toContain('密钥未登记');

    const store = openStore(dataDir);
    enrolDevice(store, enrolmentOf(truck), 0);
    store.close();
    await page.click('button:has-text("重新评估")');
    await page.waitForURL(/done=LOGGED/);
    expect(await text()).toContain('已进入日志');
    expect(await text()).not.toContain('密钥未登记');

    await page.click('text=English');
    expect(await text()).toContain('How far readings got');
    expect(await scrollsSideways(page)).toBe(false);
    await page.click('button:has-text("Sign out")');
    expect(await text()).toContain('Sign in');
    expect(errors).toEqual([]);
    expect(foreignRequests).toEqual([]);
    await page.context().close();
  });
});
