import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeLog, enrol, fundAccounts, anchorerBalance } from '@tianyuan/chain';
import { type TemporaryChain, openTemporaryChain, organisation } from '@tianyuan/chain/temporary-chain.ts';
import { type Agent, startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { loadConfig as loadGatewayConfig } from '@tianyuan/gateway-agent/config.ts';
import { enrolDevice } from '@tianyuan/gateway-agent/devices/device-register.ts';
import { backUp, restore } from '@tianyuan/gateway-agent/keep/backup.ts';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { loadGatewayKey } from '@tianyuan/gateway-agent/log/gateway-key.ts';
import { succeed } from '@tianyuan/gateway-agent/log/succeed.ts';
import { newLogger } from '@tianyuan/platform';
import {
  type ProofBundle,
  type TrustPolicy,
  encodeBase64,
  jsonRpcOver,
  logIdHex,
  trustPolicySchema,
  verifyBundle,
} from '@tianyuan/protocol';
import { loadConfig as loadTraceConfig } from '@tianyuan/trace-api/config.ts';
import { type TraceApi, openTraceApi } from '@tianyuan/trace-api/open-trace-api.ts';
import Database from 'better-sqlite3';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import mqtt from 'mqtt';
import pino from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Device, newDevice } from '../trace/signed-log.ts';

const gateway = 'gw-1';
const lost = 'gw-1.farm.example';
const successor = 'gw-1b.farm.example';
const held = 'gw-2.farm.example';
const afterHeld = 'gw-2b.farm.example';
const batch = 'oranges';
const ownerToken = 'the-token-of-the-owner';
const token = 'the-token-of-the-sensor';
const passphrase = 'correct horse battery staple';
const soon = { timeout: 20_000, interval: 50 };

let home: string;
let chain: TemporaryChain;
let trace: TraceApi;
const device: Device = newDevice('sensor-1');
const running: Agent[] = [];
const said: string[] = [];

const at = (name: string) => join(home, name);
const deployment = () => join(chain.directory, 'deployment.json');

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tianyuan-replace-'));
  chain = await openTemporaryChain();
  for (const origin of [lost, successor, held, afterHeld]) {
    writeFileSync(at(`${origin}.key`), chain.accounts.anchorerOf(origin).privateKey);
  }
  await enrol({
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    registrarKey: chain.accounts.registrar.privateKey,
    keysOf: organisation,
    keys: [{ kind: 'device', id: device.id, key: 1, publicKey: device.publicKey }],
  });
  const environment = {
    PORT: '0',
    DATA_DIR: at('trace'),
    CHAIN_RPC_URL: chain.local.rpcUrl,
    DEPLOYMENT_FILE: deployment(),
    CHAIN_STATE_FILE: chain.local.stateFile,
    OWNER_TOKEN: ownerToken,
  };
  trace = await openTraceApi(loadTraceConfig(['node', 'trace-api'], environment), newLogger('silent'));
}, 60_000);

afterAll(async () => {
  for (const agent of running) await agent.stop();
  await trace?.close();
  await chain?.remove();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

/** Makes the directory of a gateway with its key, has the chain open its log, and tells it of the device. */
async function prepare(dataDir: string, origin: string, devices = [device]): Promise<void> {
  const store = openStore(dataDir);
  const { publicKey } = loadGatewayKey(dataDir, store);
  for (const { id, publicKey: ofDevice } of devices) {
    enrolDevice(store, { device: id, key: 1, publicKey: encodeBase64(ofDevice), token }, Date.now());
  }
  store.close();
  const { rpcUrl, chainId } = chain.local;
  const anchorer = chain.accounts.anchorerOf(origin).address;
  await fundAccounts({
    rpcUrl,
    chainId,
    privateKey: chain.accounts.admin.privateKey,
    accounts: [anchorer],
    atLeast: anchorerBalance,
  });
  await enrol({
    rpcUrl,
    deployment: chain.deployment,
    registrarKey: chain.accounts.registrar.privateKey,
    keysOf: organisation,
    organisationKey: chain.accounts.admin.privateKey,
    keys: [{ kind: 'log', id: origin, key: 1, publicKey }],
    logs: [{ origin, organisation, anchorer }],
  });
}

async function start(dataDir: string, origin: string, settings: Record<string, string> = {}): Promise<Agent> {
  const flags = {
    gateway,
    origin,
    dataDir,
    'mqtt.port': '0',
    'http.port': '0',
    traceUrl: trace.url,
    'chain.rpcUrl': chain.local.rpcUrl,
    'chain.deployment': deployment(),
    'chain.accountKey': at(`${origin}.key`),
    'chain.stateFile': chain.local.stateFile,
    anchorIntervalMs: '200',
    verifyThreads: '1',
    ...settings,
  };
  const logger = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) });
  const agent = await startAgent(loadGatewayConfig(undefined, {}, flags), logger);
  running.push(agent);
  return agent;
}

async function stop(agent: Agent): Promise<void> {
  running.splice(running.indexOf(agent), 1);
  await agent.stop();
}

async function publish(agent: Agent, messages: number): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${agent.mqttPort}`, {
    clientId: device.id,
    username: device.id,
    password: token,
  });
  for (let i = 0; i < messages; i++) {
    await client.publishAsync(`ty/v1/${gateway}/${device.id}/up`, Buffer.from(device.sign({ batch })), {
      qos: 1,
    });
  }
  await client.endAsync();
}

const settled = (agent: Agent) =>
  vi.waitFor(() => {
    const { logged, mirrored, final } = agent.status();
    expect([mirrored, final]).toEqual([logged, logged]);
  }, soon);

const getJson = async <T>(path: string): Promise<T> =>
  (await (await fetch(`${trace.url}${path}`)).json()) as T;

/** Every note that a store's key signed. */
function signedSizes(dataDir: string): number[] {
  const db = new Database(join(dataDir, 'gateway.db'), { readonly: true });
  const sizes = db.prepare('SELECT size FROM checkpoints ORDER BY size').pluck().all() as number[];
  db.close();
  return sizes;
}

test('a backup is whole while the agent runs, opens with its secret only, and goes on where nothing came after it', async () => {
  await prepare(at('lost'), lost);
  let agent = await start(at('lost'), lost);
  await publish(agent, 20);
  await settled(agent);

  const identity = await generateIdentity();
  const busy = publish(agent, 30);
  const recipient = await identityToRecipient(identity);
  const contents = await backUp(at('lost'), at('for-recipient.age'), { recipient }, Date.now());
  await busy;
  expect(contents).toMatchObject({ origin: lost });
  expect(contents.size).toBeGreaterThanOrEqual(21);
  await settled(agent);
  await stop(agent);

  await backUp(at('lost'), at('whole.age'), { passphrase }, Date.now());
  expect(readFileSync(at('whole.age')).subarray(0, 21).toString()).toBe('age-encryption.org/v1');
  expect(readdirSync(at('lost')).filter((name) => name.includes('partial'))).toEqual([]);
  await expect(
    restore(at('whole.age'), at('wrong'), { passphrase: 'another passphrase' }),
  ).rejects.toMatchObject({
    code: 'BACKUP',
    message: expect.stringContaining('cannot be opened'),
  });
  await expect(restore(at('whole.age'), at('lost'), { passphrase })).rejects.toThrow(
    /holds a gateway already/,
  );
  await restore(at('for-recipient.age'), at('from-recipient'), { identity });
  await restore(at('whole.age'), at('restored'), { passphrase });
  expect(readFileSync(join(at('restored'), 'gateway.key'))).toEqual(
    readFileSync(join(at('lost'), 'gateway.key')),
  );
  // The key lies in no page of the database any more.
  const { secretKey } = loadGatewayKey(at('restored'), openStore(at('restored')));
  expect(readFileSync(join(at('restored'), 'gateway.db')).includes(encodeBase64(secretKey))).toBe(false);

  agent = await start(at('restored'), lost);
  await publish(agent, 5);
  await settled(agent);
  await stop(agent);
  rmSync(at('lost'), { recursive: true });
}, 60_000);

test('an old backup signs nothing, whatever it logs: there are never two histories', async () => {
  const world = await getJson<{ size: number }>(`/api/v1/logs/${logIdHex(lost)}`);
  const before = signedSizes(at('from-recipient'));
  said.length = 0;
  const agent = await start(at('from-recipient'), lost);
  // It takes messages until it is longer than what the world has seen of this log, and still signs none of it.
  await publish(agent, 45);
  expect(agent.status().logged).toBeGreaterThan(world.size);
  await vi.waitFor(() => {
    expect(said.join('\n')).toMatch(
      /the trace API holds \d+ entries of gw-1\.farm\.example, this store only \d+: .*REWOUND/,
    );
    expect(said.join('\n')).toMatch(
      /the chain holds \d+ entries of gw-1\.farm\.example, this store only \d+: .*REWOUND/,
    );
  }, soon);
  expect(said.join('\n')).toContain('gateway-agent succeed');
  await stop(agent);
  expect(signedSizes(at('from-recipient'))).toEqual(before);
  expect(await getJson(`/api/v1/logs/${logIdHex(lost)}`)).toMatchObject({ size: world.size });
  // The command that writes to a stick does not sign either.
  const main = fileURLToPath(new URL('../../gateway-agent/main.ts', import.meta.url));
  const exporting = () =>
    execFileSync(process.execPath, [main, 'export', at('stick'), '--data-dir', at('from-recipient')], {
      stdio: 'pipe',
    });
  expect(exporting).toThrow(/restored from a backup of \d+ entries, and signs nothing/);
}, 60_000);

test('a successor begins with what the chain has of the lost log, and traces join the two', async () => {
  await prepare(at('successor'), successor);
  const { rpcUrl } = chain.local;
  const begin = () =>
    succeed({
      dataDir: at('successor'),
      origin: successor,
      predecessor: lost,
      rpcUrl,
      deployment: chain.deployment,
    });
  await expect(begin()).rejects.toMatchObject({ code: 'NOT_CLOSED' });
  const organisationKey = chain.accounts.admin.privateKey;
  const closed = await closeLog({
    rpcUrl,
    deployment: chain.deployment,
    origin: lost,
    successor,
    organisationKey,
  });
  expect(closed.isNew).toBe(true);
  const succession = await begin();
  expect(succession).toMatchObject({ logId: logIdHex(lost), origin: lost, size: closed.size });
  await expect(begin()).rejects.toMatchObject({ code: 'SUCCESSOR' });

  const agent = await start(at('successor'), successor);
  await publish(agent, 10);
  await settled(agent);
  await vi.waitFor(async () => {
    expect(await getJson(`/api/v1/logs/${logIdHex(successor)}`)).toMatchObject({
      continues: { logId: logIdHex(lost), size: closed.size, root: succession.root, confirmed: true },
      closed: null,
    });
  }, soon);
  expect(await getJson(`/api/v1/logs/${logIdHex(lost)}`)).toMatchObject({
    closed: { size: closed.size, successor: logIdHex(successor) },
    continues: null,
  });

  const declared = await fetch(`${trace.url}/api/v1/batches/${batch}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${ownerToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      gtin: '06901234567892',
      lot: 'LOT-1',
      product: { zh: '脐橙', en: 'oranges' },
      origin: { zh: '赣州', en: 'Ganzhou' },
      limits: [],
      devices: [device.id],
      published: true,
    }),
  });
  expect(declared.ok).toBe(true);
  const view = await getJson<{ messages: { mirrored: number }; logs: { logId: string; messages: number }[] }>(
    `/api/v1/batches/${batch}/trace`,
  );
  expect(view.messages.mirrored).toBe(20 + 30 + 5 + 10);
  expect(view.logs).toMatchObject([
    { logId: logIdHex(lost), origin: lost, messages: 55, continues: null },
    { logId: logIdHex(successor), origin: successor, messages: 10, continues: logIdHex(lost) },
  ]);

  // A bundle of either still verifies, asked of the chain and of nobody else.
  const suggested = trustPolicySchema.parse(await getJson('/api/v1/trust-policy'));
  // A verifier cannot see anvil's state file and waits for it to have been written: this one has waited.
  const policy: TrustPolicy = { ...suggested, rpc: jsonRpcOver(rpcUrl), now: () => Date.now() + 60_000 };
  for (const [origin, index] of [
    [lost, 3],
    [successor, 4],
  ] as const) {
    const bundle = await getJson<ProofBundle>(`/api/v1/logs/${logIdHex(origin)}/entries/${index}/proof`);
    const { verdict, checks } = await verifyBundle(bundle, policy);
    expect(checks.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(verdict).toBe('valid');
  }
}, 60_000);

test('a log that is held after a salvage hands its messages and devices to a successor, in order and once', async () => {
  await prepare(at('held'), held);
  let agent = await start(at('held'), held);
  await publish(agent, 40);
  await settled(agent);
  const anchored = agent.status().logged;
  await stop(agent);
  // No link any more; and one page of the log is lost in the middle of what was signed.
  agent = await start(at('held'), held, { traceUrl: 'http://127.0.0.1:9', anchorIntervalMs: '0' });
  await publish(agent, 30);
  await stop(agent);
  damageEntries(at('held'));
  writeFileSync(join(at('held'), 'gateway.db.suspect'), '');
  agent = await start(at('held'), held);
  expect(agent.status().salvaged).toMatchObject({ continues: false });
  await publish(agent, 5);
  await stop(agent);
  const kept = messagesIn(at('held'));
  const aside = readdirSync(at('held')).find((name) => /corrupt-[0-9TZ]+$/.test(name))!;
  const readable = messagesIn(at('held'), aside, anchored);

  await prepare(at('after-held'), afterHeld, []);
  const { rpcUrl } = chain.local;
  const organisationKey = chain.accounts.admin.privateKey;
  const { deployment: contracts } = chain;
  const closed = await closeLog({
    rpcUrl,
    deployment: contracts,
    origin: held,
    successor: afterHeld,
    organisationKey,
  });
  expect(closed.size).toBe(anchored);
  const succession = await succeed({
    dataDir: at('after-held'),
    origin: afterHeld,
    predecessor: held,
    from: at('held'),
    rpcUrl,
    deployment: contracts,
  });
  const expected = kept.slice(readable.length);
  expect(expected.length).toBeGreaterThanOrEqual(35);
  expect(succession).toMatchObject({ size: anchored, carriedOver: expected.length });
  await expect(start(at('held'), held)).rejects.toMatchObject({ code: 'SUCCESSOR' });

  agent = await start(at('after-held'), afterHeld);
  await publish(agent, 10);
  await settled(agent);
  expect(messagesIn(at('after-held')).slice(0, -10)).toEqual(expected);
  await vi.waitFor(async () => {
    expect(await getJson(`/api/v1/logs/${logIdHex(afterHeld)}`)).toMatchObject({
      continues: { logId: logIdHex(held), size: closed.size, confirmed: true },
    });
  }, soon);
}, 60_000);

/** Overwrites a leaf page of the entries' table, in the middle of it. */
function damageEntries(dataDir: string): void {
  const file = join(dataDir, 'gateway.db');
  const db = new Database(file);
  const pages = db
    .prepare("SELECT pageno FROM dbstat WHERE name = 'entries' AND pagetype = 'leaf' ORDER BY path")
    .pluck()
    .all() as number[];
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const bytes = readFileSync(file);
  bytes.fill(0xaa, (pages[2]! - 1) * 4096, pages[2]! * 4096);
  writeFileSync(file, bytes);
}

/** Payloads of messages, in the order of the log, as far as they can be read before the entry `end`. */
function messagesIn(dataDir: string, name = 'gateway.db', end = Infinity): string[] {
  const db = new Database(join(dataDir, name), { readonly: true });
  const select = db.prepare('SELECT payload FROM entries WHERE idx = ?').pluck();
  const last = db.prepare('SELECT MAX(idx) FROM entries').pluck().get() as number;
  const found: string[] = [];
  for (let index = 0; index <= last && index < end; index++) {
    try {
      const payload = (select.get(index) as Buffer | undefined)?.toString() ?? '';
      if (payload.includes('"device":"sensor-1"') && payload.includes('"sig"')) found.push(payload);
    } catch {
      // on the page that is lost
    }
  }
  db.close();
  return found;
}
