import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorerBalance, enrol, fundAccounts } from '@tianyuan/chain';
import { type TemporaryChain, openTemporaryChain, organisation } from '@tianyuan/chain/temporary-chain.ts';
import { type Agent, startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { loadConfig } from '@tianyuan/gateway-agent/config.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/device-register.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { loadGatewayKey } from '@tianyuan/gateway-agent/log/gateway-key.ts';
import { enrolmentOf, newTestDevice, signedMessage } from '@tianyuan/gateway-agent/test-device.ts';
import mqtt from 'mqtt';
import pino from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';

const truck = newTestDevice('truck');
const soon = { timeout: 30_000, interval: 50 };
let chain: TemporaryChain;
beforeAll(async () => {
  chain = await openTemporaryChain();
});
afterAll(() => chain?.remove());

/** A gateway that anchors for nothing but what its settings say, and the causes of its anchors. */
async function startGateway(origin: string, settings: Record<string, string>) {
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-anchoring-'));
  const dataDir = join(home, 'gateway');
  const store = openStore(dataDir);
  const { publicKey } = loadGatewayKey(dataDir, store);
  enrolDevice(store, enrolmentOf(truck), 0);
  store.close();
  const anchorer = chain.accounts.anchorerOf(origin);
  const { admin, registrar } = chain.accounts;
  const { rpcUrl, chainId } = chain.local;
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
  const accountKey = join(home, 'account.key');
  writeFileSync(accountKey, anchorer.privateKey, { mode: 0o600 });
  const causes: string[] = [];
  const logger = pino(
    { level: 'info' },
    {
      write(line: string) {
        const { msg, cause } = JSON.parse(line) as { msg: string; cause: string };
        if (msg === 'anchored') causes.push(cause);
      },
    },
  );
  const config = loadConfig(
    undefined,
    {},
    {
      gateway: 'gw',
      origin,
      dataDir,
      'mqtt.port': '0',
      'http.port': '0',
      verifyThreads: '1',
      'chain.rpcUrl': rpcUrl,
      'chain.deployment': join(chain.directory, 'deployment.json'),
      'chain.accountKey': accountKey,
      anchorIntervalMs: '0',
      ...settings,
    },
  );
  const agent = await startAgent(config, logger);
  onTestFinished(async () => {
    await agent.stop();
    rmSync(home, { recursive: true });
  });
  return { agent, causes };
}

async function publish(agent: Agent, messages: readonly Buffer[]): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${agent.mqttPort}`, {
    clientId: truck.id,
    username: truck.id,
    password: truck.token,
  });
  for (const message of messages) await client.publishAsync('ty/v1/gw/truck/up', message, { qos: 1 });
  await client.endAsync();
}

test('a log is anchored when its truck turns from one batch to the next, and what that cost is counted for the day', async () => {
  const { agent, causes } = await startGateway('batches.farm.example', { 'anchor.urgentGapMs': '0' });
  const inBatch = (seq: number, batch: string) => signedMessage(truck, { seq, batch });
  await publish(agent, [inBatch(1, 'lot-1'), inBatch(2, 'lot-1')]);
  expect(causes).toEqual([]);
  const before = agent.status().logged;
  await publish(agent, [inBatch(3, 'lot-2')]);
  await vi.waitFor(() => expect(causes).toEqual(['batch lot-1 is closed']), soon);
  expect(agent.status().anchored).toBeGreaterThan(before);
  await vi.waitFor(() => expect(agent.status().anchorCost.days).toHaveLength(1), soon);
  expect(agent.status().anchorCost.days[0]).toMatchObject({ transactions: 1 });
  expect(agent.status().anchorCost.days[0]!.gas).toBeGreaterThan(50_000);
});

test('a log is anchored after so many entries, for any reason that they came', async () => {
  const { agent, causes } = await startGateway('entries.farm.example', { 'anchor.everyEntries': '10' });
  const { logged } = agent.status();
  const some = (count: number, from: number) =>
    Array.from({ length: count }, (_, i) => signedMessage(truck, { seq: from + i }));
  await publish(agent, some(9 - logged, 1));
  expect(causes).toEqual([]);
  await publish(agent, some(1, 20));
  await vi.waitFor(() => expect(causes).toEqual(['10 entries']), soon);
});

test('a log is anchored at its daily close', async () => {
  // The last one was due this minute, or at the latest within the day that has gone: a new log has everything before it.
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const dailyAt = `${two(now.getHours())}:${two(now.getMinutes())}`;
  const { agent, causes } = await startGateway('daily.farm.example', { 'anchor.dailyAt': dailyAt });
  await publish(agent, [signedMessage(truck, { seq: 1 })]);
  await vi.waitFor(() => expect(causes.length).toBeGreaterThan(0), soon);
  expect(new Set(causes)).toEqual(new Set(['the daily close']));
});
