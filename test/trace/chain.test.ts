import { spawn } from 'node:child_process';
import { once as onceEvent } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Deployment,
  type LocalChain,
  connectAnchor,
  deployContracts,
  deriveAccounts,
  enrol,
  fundAccounts,
  localChainId,
  startLocalChain,
} from '@tianyuan/chain';
import { runCommandLine } from '@tianyuan/chain/commands/command-line.ts';
import type { MonitorReport } from '@tianyuan/chain/monitor/report.ts';
import { newLogger } from '@tianyuan/platform';
import {
  type Anchor,
  type ProofBundle,
  type TrustPolicy,
  jsonRpcOver,
  logId,
  logIdHex,
  trustPolicySchema,
  verifyBundle,
} from '@tianyuan/protocol';
import { chainLink } from '@tianyuan/trace-api/backup/links.ts';
import { loadConfig } from '@tianyuan/trace-api/config.ts';
import { type TraceApi, openTraceApi } from '@tianyuan/trace-api/open-trace-api.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { onBothServers } from './databases.ts';
import { newDevice, newLog } from './signed-log.ts';

const origin = 'gw.chain.example';
const organisation = 'farm';
const ownerToken = 'the-token-of-the-owner';

onBothServers('the trace API on a real chain', (database) => {
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-trace-chain-'));
  const deploymentFile = join(home, 'deployment.json');
  const log = newLog(origin);
  const device = newDevice('sensor-1');
  let chain: LocalChain;
  let deployment: Deployment;
  let trace: TraceApi;

  beforeAll(async () => {
    chain = await startLocalChain({ directory: join(home, 'chain'), port: 0 });
    deployment = await setUp();
    const { dataDir, databaseUrl } = await database();
    const environment = {
      PORT: '0',
      ...(dataDir === undefined ? {} : { DATA_DIR: dataDir }),
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      CHAIN_RPC_URL: chain.rpcUrl,
      DEPLOYMENT_FILE: deploymentFile,
      CHAIN_STATE_FILE: chain.stateFile,
      OWNER_TOKEN: ownerToken,
    };
    trace = await openTraceApi(loadConfig(['node', 'trace-api'], environment), newLogger('silent'));
  });

  afterAll(async () => {
    await trace?.close();
    await chain?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** Contracts, roles, keys and the log, as a fresh chain needs them. */
  async function setUp(): Promise<Deployment> {
    const { admin, registrar, anchorerOf } = deriveAccounts(chain.mnemonic);
    const address = { rpcUrl: chain.rpcUrl, chainId: localChainId };
    const { deployment: deployed } = await deployContracts({
      ...address,
      file: deploymentFile,
      privateKey: admin.privateKey,
      roles: {
        organisations: [{ name: organisation, admin: admin.address, registrars: [registrar.address] }],
      },
      replace: true,
    });
    const anchorer = anchorerOf(origin);
    const accounts = [registrar.address, anchorer.address];
    await fundAccounts({ ...address, privateKey: admin.privateKey, accounts, atLeast: 10n ** 20n });
    await enrol({
      rpcUrl: chain.rpcUrl,
      deployment: deployed,
      keys: [
        { kind: 'log', id: origin, key: 1, publicKey: log.publicKey },
        { kind: 'device', id: device.id, key: 1, publicKey: device.publicKey },
      ],
      registrarKey: registrar.privateKey,
      keysOf: organisation,
      logs: [{ origin, organisation, anchorer: anchorer.address }],
      organisationKey: admin.privateKey,
    });
    return deployed;
  }

  async function anchor(): Promise<void> {
    const client = connectAnchor({
      rpcUrl: chain.rpcUrl,
      deployment,
      privateKey: deriveAccounts(chain.mnemonic).anchorerOf(origin).privateKey,
      finality: { kind: 'anvil', stateFile: chain.stateFile },
    });
    const head = { size: log.size(), root: log.root(), signature: log.signature() };
    await client.confirm(await client.append({ logId: logId(origin), proof: [], ...head }));
    client.close();
  }

  const logUrl = `/api/v1/logs/${log.logId}`;
  const get = (path: string) => fetch(trace.url + path);
  const upload = (from: number) =>
    fetch(`${trace.url}${logUrl}/entries?from=${from}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(log.body(from)),
    });
  /** What is brought together in the background is looked at until it is. */
  const eventually = (path: string, expected: object) =>
    vi.waitFor(async () => expect(await (await get(path)).json()).toMatchObject(expected), {
      timeout: 25_000,
      interval: 100,
    });

  test('takes uploads as soon as it has heard of the log, and sees them anchored and final', async () => {
    for (let i = 0; i < 20; i++) log.append(device.sign());
    await vi.waitFor(async () => expect((await upload(0)).status).toBe(200), {
      timeout: 25_000,
      interval: 100,
    });
    await eventually(logUrl, { size: 20, verified: 20, flagged: {}, anchoredSize: 0, finalSize: 0 });
    await anchor();
    await eventually(logUrl, { anchoredSize: 20 });
    await eventually(logUrl, { finalSize: 20 });
    await eventually('/readyz', { status: 'ok' });
  });

  test('gives bundles that verify in every check, over its own suggestion of a policy and its own way to the chain', async () => {
    const headers = { authorization: `Bearer ${ownerToken}` };
    const bundle = (await (
      await fetch(`${trace.url}${logUrl}/entries/7/proof`, { headers })
    ).json()) as ProofBundle;
    const suggested = trustPolicySchema.parse(await (await get('/api/v1/trust-policy')).json());
    // A verifier cannot see anvil's state file and waits for it to have been written: this one has waited.
    const now = () => Date.now() + 60_000;
    const policy: TrustPolicy = { ...suggested, rpc: jsonRpcOver(`${trace.url}/api/v1/chain/rpc`), now };
    const { verdict, checks } = await verifyBundle(bundle, policy);
    expect(checks.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(verdict).toBe('valid');
    expect(bundle.anchor).toMatchObject({ chainId: localChainId, contract: deployment.anchorLog.address });
  });

  test('puts what proves the anchor into its bundles as soon as that is final, and a changed byte of it is found', async () => {
    const headers = { authorization: `Bearer ${ownerToken}` };
    const evidenceOf = async () => {
      const response = await fetch(`${trace.url}${logUrl}/entries/7/proof`, { headers });
      const bundle = (await response.json()) as ProofBundle & { anchor: Anchor };
      return { bundle, anchor: bundle.anchor, evidence: bundle.anchor.evidence };
    };
    const {
      bundle,
      anchor: of,
      evidence,
    } = await vi.waitFor(async () => {
      const found = await evidenceOf();
      expect(found.evidence).toBeDefined();
      return found;
    }, 25_000);
    expect(evidence).toMatchObject({ headers: { length: 1 }, stateProof: expect.any(Array) as string[] });
    const policy = trustPolicySchema.parse(await (await get('/api/v1/trust-policy')).json());
    const anchorOf = async (changed: ProofBundle) => {
      const { checks } = await verifyBundle(changed, policy);
      return checks.find(({ name }) => name === 'anchor');
    };
    // anvil seals nothing: the receipt is in the header, and nobody vouches for that.
    expect(await anchorOf(bundle)).toMatchObject({
      status: 'not checked',
      reason: { en: expect.stringMatching(/^the receipt is in/) as string },
    });
    const node = Buffer.from(evidence!.stateProof![0]!, 'base64');
    node[9]! ^= 1;
    const stateProof = evidence!.stateProof!.with(0, node.toString('base64'));
    const spoilt = { ...bundle, anchor: { ...of, evidence: { ...evidence!, stateProof } } };
    expect(await anchorOf(spoilt)).toMatchObject({ status: 'failed' });
  });

  test('lets an inspector recheck everything from what is public', async () => {
    const lines: string[] = [];
    const print = {
      out: (text: string) => void lines.push(text),
      err: (text: string) => void lines.push(text),
    };
    const state = join(home, `monitor-${trace.url.split(':').at(-1)}.json`);
    const args = ['--rpc', chain.rpcUrl, '--deployment', deploymentFile, '--state', state];
    const monitor = ['monitor', '--logs', `${trace.url}/logs`, '--once', ...args];
    for (let i = 0; i < 2; i++) {
      lines.length = 0; // the second time it goes on from its state
      expect(await runCommandLine(monitor, print), lines.join('')).toBe(0);
      expect(JSON.parse(lines.join(''))).toMatchObject({
        verdict: 'ok',
        logs: [{ origin, servedSize: 20, anchoredSize: 20, verifiedSize: 20, anchorsVerified: 1 }],
      });
    }
  });

  test('tells an inspector whose node is away that nothing was compared with the chain, and again when it is back', async () => {
    const main = fileURLToPath(new URL('../../chain/main.ts', import.meta.url));
    const state = join(home, `monitor-away-${trace.url.split(':').at(-1)}.json`);
    const start = (rpc: string, ...more: string[]) => {
      const args = ['--logs', `${trace.url}/logs`, '--deployment', deploymentFile, '--state', state];
      const child = spawn(process.execPath, [main, 'monitor', '--rpc', rpc, ...args, ...more]);
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk) => (out += String(chunk)));
      child.stderr.on('data', (chunk) => (err += String(chunk)));
      return { child, said: () => ({ out, err }) };
    };
    const once = async (rpc: string) => {
      const { child, said } = start(rpc, '--once');
      const [code] = (await onceEvent(child, 'exit')) as [number];
      return { code, report: JSON.parse(said().out) as MonitorReport, err: said().err };
    };
    const away = await once('http://127.0.0.1:9');
    expect(away.code).toBe(3);
    expect(away.err).toContain('ALERT CHAIN_UNREACHABLE');
    expect(away.report).toMatchObject({
      verdict: 'alert',
      alerts: [{ kind: 'CHAIN_UNREACHABLE', logId: '' }],
    });
    const back = await once(chain.rpcUrl);
    expect(back.code).toBe(0);
    expect(back.report).toMatchObject({
      verdict: 'ok',
      logs: [{ origin, servedSize: 20, verifiedSize: 20 }],
    });
    expect(back.report.alerts[0]!.until).toBeGreaterThan(0);

    const { child, said } = start(chain.rpcUrl, '--port', '0', '--every', '1');
    while (!said().out.includes('/report')) await onceEvent(child.stdout, 'data');
    const [, url] = /(http:\S+)\/metrics/.exec(said().out)!;
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain(`monitor_log_verified_size{log="${origin}"} 20`);
      expect(metrics).toContain('monitor_alerts{kind="CHAIN_UNREACHABLE"} 0');
    }, 20_000);
    expect(await (await fetch(`${url}/report`)).json()).toMatchObject({ verdict: 'ok' });
    child.kill('SIGTERM');
    expect(await onceEvent(child, 'exit')).toEqual([0, null]);
  });

  test('passes on to the chain what reads and nothing else', async () => {
    const ask = async (method: string, params: unknown[]) => {
      const response = await fetch(`${trace.url}/api/v1/chain/rpc`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    expect(await ask('eth_chainId', [])).toMatchObject({
      body: { result: `0x${localChainId.toString(16)}` },
    });
    expect((await ask('eth_sendTransaction', [{}])).status).toBe(400);
    expect((await ask('anvil_setBalance', [])).status).toBe(400);
    expect((await ask('eth_call', [{ to: deployment.anchorLog.address, data: '0x' }, 'latest'])).status).toBe(
      403,
    );
    expect((await ask('eth_call', [{ to: '0x', data: 'A'.repeat(5000) }, 'latest'])).status).toBe(413);
  });

  test('goes on without the chain and says so, and goes on with it when it is back', async () => {
    const port = Number(new URL(chain.rpcUrl).port);
    await chain.stop();
    for (let i = 0; i < 5; i++) log.append(device.sign());
    expect((await upload(20)).status).toBe(200);
    const readiness = await get('/readyz');
    expect(readiness.status).toBe(200);
    expect(await readiness.json()).toMatchObject({ status: 'degraded', checks: { database: 'ok' } });
    expect((await get('/healthz')).status).toBe(200);
    chain = await startLocalChain({ directory: join(home, 'chain'), port });
    await eventually('/readyz', { status: 'ok' });
    await eventually(logUrl, { size: 25, verified: 25, anchoredSize: 20, finalSize: 20 });
  });

  test('takes everything back that a chain said which is gone, and hears it from the new one', async () => {
    const port = Number(new URL(chain.rpcUrl).port);
    await chain.stop();
    rmSync(join(home, 'chain'), { recursive: true });
    chain = await startLocalChain({ directory: join(home, 'chain'), port });
    deployment = await setUp();
    await eventually(logUrl, { size: 25, anchoredSize: 0, finalSize: 0 });
    await eventually(logUrl, { verified: 25, flagged: {} });
    await anchor();
    await eventually(logUrl, { anchoredSize: 25 });
    await eventually(logUrl, { finalSize: 25 });
    expect(await (await get(logUrl)).json()).toMatchObject({ verified: 25, flagged: {} });
  });

  test('tells what the chain has of a log, which a restored one is compared with', async () => {
    const means = {
      rpcUrl: chain.rpcUrl,
      finality: { kind: 'anvil', stateFile: chain.stateFile },
      deployment: () => deployment,
    } as const;
    const { size, root } = await chainLink(log.logId, means).head();
    expect([size, Buffer.from(root!).toString('hex')]).toEqual([25, Buffer.from(log.root()).toString('hex')]);
    expect(await chainLink(logIdHex('nobody.example'), means).head()).toMatchObject({ size: 0 });
    const unread = chainLink(log.logId, { ...means, deployment: () => undefined });
    await expect(unread.head()).rejects.toThrow('not read yet');
  });
});
