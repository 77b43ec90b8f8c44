import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AnchorRecord,
  type HubClient,
  connectHub,
  enrol,
  fundAccounts,
  followAnchors,
  openNode,
} from '@tianyuan/chain';
import { anchorLogInterface } from '@tianyuan/chain/contracts.ts';
import { type TemporaryChain, openTemporaryChain, organisation } from '@tianyuan/chain/temporary-chain.ts';
import { openTransactor } from '@tianyuan/chain/transactor.ts';
import { type Agent, startAgent } from '@tianyuan/gateway-agent/agent.ts';
import { loadConfig as loadGatewayConfig } from '@tianyuan/gateway-agent/config.ts';
import { type Database, newLogger, openDatabase } from '@tianyuan/platform';
import {
  type ProofBundle,
  equalBytes,
  jsonRpcOver,
  logId,
  trustPolicySchema,
  verifyBundle,
} from '@tianyuan/protocol';
import { loadConfig } from '@tianyuan/trace-api/config.ts';
import { type Hub, type HubRound, openHub } from '@tianyuan/trace-api/hub/hub.ts';
import { type TraceApi, migrations, openTraceApi } from '@tianyuan/trace-api/open-trace-api.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type SignedLog, newDevice, newLog } from '../trace/signed-log.ts';
import { type TraceService, traceService } from '../trace/trace-service.ts';

const ownerToken = 'the-token-of-the-owner';
const silent = newLogger('silent');

let chain: TemporaryChain;
/** of the hub: its key is nobody else's */
let hubAccount: { address: string; privateKey: string };
let service: TraceApi;
let home: string;
const device = newDevice('sensor-1');

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tianyuan-hub-'));
  chain = await openTemporaryChain();
  hubAccount = chain.accounts.anchorerOf('the hub');
  writeFileSync(join(home, 'hub.key'), hubAccount.privateKey);
  const { admin, registrar } = chain.accounts;
  const { rpcUrl, chainId } = chain.local;
  const accounts = [hubAccount.address, registrar.address];
  await fundAccounts({ rpcUrl, chainId, privateKey: admin.privateKey, accounts, atLeast: 10n ** 20n });
  const { id, publicKey } = device;
  const registrarKey = registrar.privateKey;
  await enrolHere({ keys: [{ kind: 'device', id, key: 1, publicKey }], registrarKey });
  service = await openTrace();
});
afterAll(async () => {
  await service?.close();
  await chain?.remove();
  rmSync(home, { recursive: true, force: true });
});

const enrolHere = (what: Partial<Parameters<typeof enrol>[0]>) =>
  enrol({ rpcUrl: chain.local.rpcUrl, deployment: chain.deployment, keysOf: organisation, ...what });

/** A gateway's log that the registry knows, with messages; the hub may anchor it unless somebody else is named. */
async function openLog(messages: number, anchorer = hubAccount.address): Promise<SignedLog> {
  const log = newLog(`gw-${randomBytes(4).toString('hex')}.example`);
  const { admin, registrar } = chain.accounts;
  await enrolHere({
    keys: [{ kind: 'log', id: log.origin, key: 1, publicKey: log.publicKey }],
    registrarKey: registrar.privateKey,
    logs: [{ origin: log.origin, organisation, anchorer }],
    organisationKey: admin.privateKey,
  });
  for (let i = 0; i < messages; i++) log.append(device.sign());
  return log;
}

/** Every head that the contract ever took, in its order. */
async function readAppended(): Promise<AnchorRecord[]> {
  const stop = new AbortController();
  const { rpcUrl } = chain.local;
  const found: AnchorRecord[] = [];
  for await (const step of followAnchors({ rpcUrl, deployment: chain.deployment, signal: stop.signal })) {
    if (step.kind === 'events') {
      found.push(...step.events.filter((event) => event.kind === 'Appended'));
      if (step.cursor.recent[0]!.number >= Number(await jsonRpcOver(rpcUrl)('eth_blockNumber', []))) break;
    }
  }
  return found;
}

/** A trace API with a hub that hardly waits. */
function openTrace(): Promise<TraceApi> {
  const { rpcUrl, stateFile } = chain.local;
  const environment = {
    PORT: '0',
    DATA_DIR: join(home, 'trace'),
    CHAIN_RPC_URL: rpcUrl,
    DEPLOYMENT_FILE: join(chain.directory, 'deployment.json'),
    CHAIN_STATE_FILE: stateFile,
    OWNER_TOKEN: ownerToken,
    HUB_ACCOUNT_KEY_FILE: join(home, 'hub.key'),
    HUB_INTERVAL_MS: '200',
  };
  return openTraceApi(loadConfig(['node', 'trace-api'], environment), silent);
}

describe('gateways without an account', () => {
  async function upload(log: SignedLog, from: number): Promise<void> {
    // The mirror of the registry may not have heard of the log's key yet.
    await vi.waitFor(
      async () => {
        const answer = await fetch(`${service.url}/api/v1/logs/${log.logId}/entries?from=${from}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(log.body(from)),
        });
        expect(answer.status, await answer.text()).toBe(200);
      },
      { timeout: 20_000, interval: 100 },
    );
  }
  const eventually = (log: SignedLog, expected: object) =>
    vi.waitFor(
      async () =>
        expect(await (await fetch(`${service.url}/api/v1/logs/${log.logId}`)).json()).toMatchObject(expected),
      { timeout: 25_000, interval: 100 },
    );

  test('have their logs anchored by the hub, and proofs that say nothing of it', async () => {
    const logs = [await openLog(3), await openLog(40), await openLog(300)];
    const direct = await openLog(2, chain.accounts.anchorerOf('another').address);
    await Promise.all([...logs, direct].map((log) => upload(log, 0)));
    for (const log of logs) await eventually(log, { anchoredSize: log.size(), finalSize: log.size() });
    for (const log of logs) {
      const before = log.size();
      for (let i = 0; i < 5; i++) log.append(device.sign());
      await upload(log, before);
    }
    for (const log of logs) await eventually(log, { anchoredSize: log.size(), finalSize: log.size() });
    await eventually(direct, { size: 2, anchoredSize: 0 }); // somebody else's to anchor

    const proof = await fetch(`${service.url}/api/v1/logs/${logs[2]!.logId}/entries/302/proof`, {
      headers: { authorization: `Bearer ${ownerToken}` },
    });
    const bundle = (await proof.json()) as ProofBundle;
    const suggested = await (await fetch(`${service.url}/api/v1/trust-policy`)).json();
    const { verdict, checks } = await verifyBundle(bundle, {
      ...trustPolicySchema.parse(suggested),
      rpc: jsonRpcOver(chain.local.rpcUrl),
      now: () => Date.now() + 60_000,
    });
    expect(checks.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(verdict).toBe('valid');
    expect(JSON.stringify(bundle).toLowerCase()).not.toContain(hubAccount.address.slice(2).toLowerCase());
  }, 60_000);
});

describe('agents with `anchoring: hub`', () => {
  const agents: Agent[] = [];
  afterAll(() => Promise.all(agents.map((agent) => agent.stop())));

  async function start(name: string, settings: Record<string, string>): Promise<Agent> {
    const origin = `${name}.hub.example`;
    const config = loadGatewayConfig(
      undefined,
      {},
      {
        gateway: name,
        origin,
        dataDir: join(home, name),
        traceUrl: service.url,
        anchoring: 'hub',
        anchorIntervalMs: '200',
        'mqtt.port': '0',
        'http.port': '0',
        verifyThreads: '1',
        logLevel: 'silent',
        ...settings,
      },
    );
    const agent = await startAgent(config, silent);
    agents.push(agent);
    const { admin, registrar } = chain.accounts;
    await enrolHere({
      keys: [{ kind: 'log', id: origin, key: 1, publicKey: agent.publicKey }],
      registrarKey: registrar.privateKey,
      logs: [{ origin, organisation, anchorer: hubAccount.address }],
      organisationKey: admin.privateKey,
    });
    return agent;
  }

  test('learn from the contract, or from the trace API, that they are anchored and final', async () => {
    const { rpcUrl, stateFile } = chain.local;
    const ownNode = {
      'chain.rpcUrl': rpcUrl,
      'chain.deployment': join(chain.directory, 'deployment.json'),
      'chain.stateFile': stateFile,
    };
    const [reader, believer] = [await start('reader', ownNode), await start('believer', {})];
    for (const agent of [reader, believer]) {
      await vi.waitFor(
        () => {
          const { logged, mirrored, anchored, final } = agent.status();
          expect(logged).toBeGreaterThan(0);
          expect({ mirrored, anchored, final }).toEqual({
            mirrored: logged,
            anchored: logged,
            final: logged,
          });
        },
        { timeout: 40_000, interval: 100 },
      );
    }
    // With a node of its own a gateway logs a block's hash, which proves "not before".
    expect(reader.status().logged).toBeGreaterThan(believer.status().logged);
  }, 60_000);
});

describe('the hub', () => {
  let database: Database;
  let trace: TraceService;
  const { signal } = new AbortController();
  const clients: HubClient[] = [];

  beforeAll(async () => {
    database = await openDatabase({ dir: join(home, 'hub'), migrations });
    trace = traceService(database);
    await trace.enrol(device.id, device.publicKey);
  });
  afterAll(async () => {
    await database?.close();
    for (const client of clients) client.close();
  });

  /** A log that is mirrored here, and that the hub may anchor. */
  async function mirrored(messages: number): Promise<SignedLog> {
    const log = await openLog(0);
    await trace.enrol(log.origin, log.publicKey);
    await grow(log, messages);
    return log;
  }

  async function grow(log: SignedLog, messages: number): Promise<void> {
    const before = log.size();
    for (let i = 0; i < messages; i++) log.append(device.sign());
    expect((await trace.upload(log, before, log.body(before))).status).toBe(200);
  }

  function newHub({
    readLog,
    maxLogs = 100,
  }: { readLog?: HubClient['readLog']; maxLogs?: number } = {}): Hub {
    const { rpcUrl } = chain.local;
    const { privateKey } = hubAccount;
    const client = connectHub({ rpcUrl, deployment: chain.deployment, privateKey, pollMs: 20 });
    clients.push(client);
    return openHub({
      database,
      chain: () => (readLog === undefined ? client : { ...client, readLog }),
      policy: { intervalMs: 60_000, maxLogs },
      logger: silent,
    });
  }

  const readLog: HubClient['readLog'] = (id) => clients[0]!.readLog(id);
  const headOf = async (log: SignedLog) => (await readLog(logId(log.origin))).size;
  const rpc = (method: string, ...params: unknown[]) => jsonRpcOver(chain.local.rpcUrl)(method, params);

  test('leaves out what the contract refuses, each with its reason, and anchors the others', async () => {
    const good = [await mirrored(4), await mirrored(9)];
    const closed = await mirrored(2);
    const rewritten = await mirrored(6);
    const outrun = await mirrored(5);
    newHub();
    const [client] = clients;
    const { admin } = chain.accounts;
    const { rpcUrl, chainId } = chain.local;
    const node = openNode({ rpcUrl, chainId });
    const data = anchorLogInterface.encodeFunctionData('closeLog', [
      `0x${closed.logId}`,
      `0x${'00'.repeat(32)}`,
    ]);
    const account = openTransactor(node, admin.privateKey, { pollMs: 20 });
    await account.confirm(await account.send({ to: chain.deployment.anchorLog.address, data }));
    node.close();
    // Another history of one log is on the chain; another log moves on after the hub has asked for its head.
    const foreign = {
      proof: [],
      signature: new Uint8Array(64),
      size: 3,
      root: new Uint8Array(randomBytes(32)),
    };
    const before = await readLog(logId(outrun.origin));
    const { transactionHash } = await client!.appendMany([
      { ...foreign, logId: logId(rewritten.origin) },
      { ...foreign, logId: logId(outrun.origin) },
    ]);
    await client!.confirm(transactionHash!);

    const hub = newHub({
      readLog: async (id) => (equalBytes(id, logId(outrun.origin)) ? before : readLog(id)),
    });
    const round = await hub.round(signal);
    expect(round.anchored).toBe(2);
    expect(Object.fromEntries(round.leftOut)).toEqual({
      [closed.logId]: 'CLOSED',
      [rewritten.logId]: 'DIVERGED',
      [outrun.logId]: 'INCONSISTENT',
    });
    for (const log of good) expect(await headOf(log)).toBe(log.size());
    expect(await headOf(rewritten)).toBe(3);
    await grow(good[0]!, 3);
    expect((await newHub().round(signal)).anchored).toBe(1);
    expect(await headOf(good[0]!)).toBe(7);
    // Only what cannot be anchored is left: nothing is sent.
    expect(await newHub().round(signal)).toMatchObject({ anchored: 0, transactionHash: undefined });
  });

  test('anchors nothing under a revoked key, beyond what was anchored when it was revoked', async () => {
    const log = await mirrored(3);
    const other = await mirrored(2);
    await trace.revoke(log.origin, log.publicKey);
    const round = await newHub().round(signal);
    expect(round.leftOut.get(log.logId)).toBe('REVOKED');
    expect(await headOf(log)).toBe(0);
    expect(await headOf(other)).toBe(2);
  });

  test('comes to a log behind more that it cannot anchor than it looks at in a round', async () => {
    const closed = { phase: 'closed', mayAppend: true, size: 0, root: new Uint8Array(32) } as const;
    const stuck: SignedLog[] = [];
    for (let i = 0; i < 5; i++) stuck.push(await mirrored(1));
    const last = await mirrored(2);
    // What was mirrored before is first in line too, and as stuck.
    const hub = newHub({
      maxLogs: 1,
      readLog: async (id) => ({
        ...(await readLog(id)),
        ...(equalBytes(id, logId(last.origin)) ? {} : closed),
      }),
    });
    const rounds: number[] = [];
    while (rounds.length < 8 && !rounds.includes(1)) rounds.push((await hub.round(signal)).anchored);
    expect(rounds.at(-1)).toBe(1);
    expect(rounds.length).toBeGreaterThan(1);
    expect(await headOf(last)).toBe(2);
    expect(await newHub().round(signal)).toMatchObject({ anchored: stuck.length });
  });

  test('fills a block and no more, at most the logs that its policy says, and goes on with the rest', async () => {
    const logs: SignedLog[] = [];
    for (let i = 0; i < 7; i++) logs.push(await mirrored(2));
    const few = newHub({ maxLogs: 2 });
    let first = 0;
    // Those of the tests before are first in line, with nothing to anchor.
    for (let i = 0; i < 8 && first === 0; i++) {
      const round = await few.round(signal);
      expect(round.anchored).toBeLessThanOrEqual(2);
      first += round.anchored;
    }
    expect(first).toBeGreaterThan(0);
    await rpc('evm_setBlockGasLimit', 250_000);
    await rpc('evm_mine');
    const rounds: HubRound[] = [];
    const hub = newHub();
    do rounds.push(await hub.round(signal));
    while (rounds.at(-1)!.anchored > 0);
    expect(rounds.length).toBeGreaterThan(2);
    for (const { gasUsed } of rounds) expect(gasUsed).toBeLessThanOrEqual(250_000);
    expect(rounds.map(({ anchored }) => anchored).reduce((sum, n) => sum + n, 0)).toBe(7 - first);
    for (const log of logs) expect(await headOf(log)).toBe(2);
    await rpc('evm_setBlockGasLimit', 30_000_000);
    await rpc('evm_mine');
  });

  test('anchors each head once, though it is stopped with a transaction under way', async () => {
    const logs = [await mirrored(3), await mirrored(5)];
    await rpc('evm_setAutomine', false);
    const stopped = new AbortController();
    const first = newHub().round(stopped.signal);
    await vi.waitFor(
      async () => {
        expect(await rpc('eth_getTransactionCount', hubAccount.address, 'pending')).not.toBe(
          await rpc('eth_getTransactionCount', hubAccount.address, 'latest'),
        );
      },
      { timeout: 20_000 },
    );
    stopped.abort();
    await expect(first).rejects.toThrow(/abort/i);

    await expect(newHub().round(signal)).rejects.toMatchObject({ code: 'TRANSACTION_PENDING' });
    await rpc('evm_mine');
    await rpc('evm_setAutomine', true);
    expect(await newHub().round(signal)).toMatchObject({ anchored: 0, transactionHash: undefined });
    await grow(logs[0]!, 1);
    expect(await newHub().round(signal)).toMatchObject({ anchored: 1 });
    const heads = (await readAppended()).filter(({ logId: id }) => logs.some((log) => log.logId === id));
    expect(heads.map(({ size }) => size).toSorted((a, b) => a - b)).toEqual([3, 4, 5]);
  });
});
