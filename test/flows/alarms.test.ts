import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { anchorerBalance, enrol, fundAccounts } from '@tianyuan/chain';
import { type TemporaryChain, openTemporaryChain, organisation } from '@tianyuan/chain/temporary-chain.ts';
import { type Agent, startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { loadConfig } from '@tianyuan/gateway-agent/config.ts';
import { signNotice } from '@tianyuan/gateway-agent/deliver/webhook.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/device-register.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { loadGatewayKey } from '@tianyuan/gateway-agent/log/gateway-key.ts';
import { setPassword } from '@tianyuan/gateway-agent/page/password.ts';
import { renewOperatorToken } from '@tianyuan/gateway-agent/receive/operator.ts';
import { enrolmentOf, newTestDevice, signedMessage } from '@tianyuan/gateway-agent/test-device.ts';
import Database from 'better-sqlite3';
import mqtt from 'mqtt';
import pino from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';

const origin = 'gw-1.farm.example';
const truck = newTestDevice('truck');
const password = '一个很好的密码1';
const secret = Buffer.alloc(32, 7);
const soon = { timeout: 30_000, interval: 50 };

let home: string;
let chain: TemporaryChain;
let agent: Agent;
let operatorToken: string;
/** what the webhook was sent, as long as its signature is right */
const posted: string[] = [];

const webhook = createServer((request, response) => {
  void text(request).then((body) => {
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
      String(request.headers[`webhook-${name}`]),
    ) as [string, string, string];
    if (signNotice(secret, id, timestamp, body) === signature) posted.push(body);
    response.writeHead(204).end();
  });
});

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tianyuan-alarms-'));
  chain = await openTemporaryChain();
  const dataDir = join(home, 'gateway');
  const store = openStore(dataDir);
  const { publicKey } = loadGatewayKey(dataDir, store);
  enrolDevice(store, enrolmentOf(truck), 0);
  operatorToken = renewOperatorToken(store);
  await setPassword(store, password);
  store.close();

  const anchorer = chain.accounts.anchorerOf(origin);
  const { admin, registrar } = chain.accounts;
  const { rpcUrl, chainId, stateFile } = chain.local;
  await fundAccounts({
    rpcUrl,
    chainId,
    privateKey: admin.privateKey,
    accounts: [anchorer.address],
    atLeast: anchorerBalance,
  });
  await enrol({
    rpcUrl,
    deployment: chain.deployment,
    registrarKey: registrar.privateKey,
    keysOf: organisation,
    organisationKey: admin.privateKey,
    keys: [{ kind: 'log', id: origin, key: 1, publicKey }],
    logs: [{ origin, organisation, anchorer: anchorer.address }],
  });
  webhook.listen(0, '127.0.0.1');
  await once(webhook, 'listening');

  writeFileSync(join(home, 'account.key'), anchorer.privateKey);
  writeFileSync(join(home, 'webhook.secret'), secret.toString('base64'));
  const settings = {
    alarms: {
      coldChain: [{ name: 'cold', maxMilliC: 8_000, forMs: 0 }],
      webhook: {
        url: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
        secretFile: join(home, 'webhook.secret'),
      },
    },
    // Nothing but an alarm makes this gateway anchor.
    anchorIntervalMs: 0,
  };
  writeFileSync(join(home, 'gateway.yaml'), JSON.stringify(settings));
  const flags = {
    gateway: 'gw-1',
    origin,
    dataDir,
    'mqtt.port': '0',
    'http.port': '0',
    'chain.rpcUrl': rpcUrl,
    'chain.deployment': join(chain.directory, 'deployment.json'),
    'chain.accountKey': join(home, 'account.key'),
    'chain.stateFile': stateFile,
    verifyThreads: '1',
  };
  agent = await startAgent(loadConfig(join(home, 'gateway.yaml'), {}, flags), pino({ level: 'silent' }));
});
afterAll(async () => {
  await agent?.stop();
  webhook.close();
  webhook.closeAllConnections();
  await chain?.remove();
  rmSync(home, { recursive: true, force: true });
});

async function connect(clientId: string, username: string, secretWord: string): Promise<mqtt.MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${agent.mqttPort}`, {
    clientId,
    username,
    password: secretWord,
    reconnectPeriod: 0,
  });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** The owner's page, as whoever knows the password sees it. */
async function readPage(): Promise<string> {
  const url = `http://127.0.0.1:${agent.httpPort}`;
  const body = new URLSearchParams({ password });
  const signedIn = await fetch(`${url}/sign-in`, { method: 'POST', body, redirect: 'manual' });
  const cookie = signedIn.headers.getSetCookie().map((one) => one.split(';')[0]!);
  return (await fetch(url, { headers: { cookie: cookie.join('; ') } })).text();
}

function entryAt(index: number): Record<string, unknown> {
  const db = new Database(join(home, 'gateway', 'gateway.db'), { readonly: true });
  const payload = db.prepare('SELECT payload FROM entries WHERE idx = ?').pluck().get(index) as Buffer;
  db.close();
  return JSON.parse(payload.toString()) as Record<string, unknown>;
}

test('a broken cold chain is on the page, at the webhook, with the operator and in the log, and is anchored at once', async () => {
  const operator = await connect('operator:phone', 'operator', operatorToken);
  await operator.subscribeAsync('ty/v1/gw-1/alarm', { qos: 1 });
  const heard: string[] = [];
  operator.on('message', (_, payload) => heard.push(payload.toString()));
  const device = await connect(truck.id, truck.id, truck.token);
  await device.publishAsync('ty/v1/gw-1/truck/up', signedMessage(truck, { seq: 1 }), { qos: 1 });
  expect(await readPage()).toContain('一切正常');
  expect(agent.status().anchored).toBe(0);

  await device.publishAsync('ty/v1/gw-1/truck/up', signedMessage(truck, { seq: 2, value: 12_000 }), {
    qos: 1,
  });
  await vi.waitFor(() => expect([heard.length, posted.length]).toEqual([1, 1]), soon);
  expect(heard).toEqual(posted);
  const notice = JSON.parse(heard[0]!) as { data: { entry: number } };
  const { entry } = notice.data;
  expect(notice).toMatchObject({
    type: 'alarm.raised',
    data: { gateway: 'gw-1', origin, alarm: 'cold-chain', subject: 'cold/truck', severity: 'critical' },
  });
  expect(entryAt(entry)).toMatchObject({
    statement: 'alarm',
    change: 'raised',
    alarm: 'cold-chain',
    subject: 'cold/truck',
    detail: { milliC: 12_000, maxMilliC: 8_000 },
  });
  expect(await readPage()).toContain('冷链中断');
  await vi.waitFor(() => expect(agent.status().anchored).toBeGreaterThan(entry), soon);
});
