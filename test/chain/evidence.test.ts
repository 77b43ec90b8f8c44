import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '@tianyuan/chain/commands/command-line.ts';
import { newLogger } from '@tianyuan/platform';
import { type Anchor, type ProofBundle, jsonRpcOver } from '@tianyuan/protocol';
import { loadConfig } from '@tianyuan/trace-api/config.ts';
import { type TraceApi, openTraceApi } from '@tianyuan/trace-api/open-trace-api.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AnchoringChain, openAnchoringChain } from './anchored-bundle.ts';
import { hasGeth, startTestNetwork } from './geth.ts';

const verifier = fileURLToPath(new URL('../../verifier/main.ts', import.meta.url));
const patience = { timeout: 120_000, interval: 500 };
const ownerToken = 'the-token-of-the-owner';
const blocks = 3;

describe.skipIf(!(await hasGeth()))('proofs of a network of three signers', () => {
  let network: Awaited<ReturnType<typeof startTestNetwork>>;
  let chain: AnchoringChain;
  let trace: TraceApi | undefined;
  let directory: string;
  const file = (name: string) => join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tianyuan-evidence-'));
    network = await startTestNetwork({ signers: 3 });
    const { rpcUrl } = network.nodes[0]!;
    await vi.waitFor(
      async () => expect(Number(await jsonRpcOver(rpcUrl)('eth_blockNumber', []))).toBeGreaterThan(2),
      patience,
    );
    const { chainId, mnemonic } = network;
    const finality = { kind: 'confirmations', blocks } as const;
    chain = await openAnchoringChain({
      rpcUrl,
      chainId,
      mnemonic,
      deploymentFile: file('deployment.json'),
      finality,
    });
    const sets = [{ fromBlock: 0, addresses: network.signers }];
    await writeFile(file('validators.json'), JSON.stringify({ consensus: 'clique', sets }));
    const environment = {
      PORT: '0',
      DATA_DIR: file('data'),
      CHAIN_RPC_URL: rpcUrl,
      DEPLOYMENT_FILE: file('deployment.json'),
      CHAIN_CONFIRMATIONS: String(blocks),
      VALIDATORS_FILE: file('validators.json'),
      OWNER_TOKEN: ownerToken,
    };
    trace = await openTraceApi(loadConfig(['node', 'trace-api'], environment), newLogger('silent'));
  }, 300_000);
  afterAll(async () => {
    await trace?.close();
    chain?.close();
    await network?.remove();
    await rm(directory, { recursive: true, force: true });
  });

  test('a bundle of the trace API has the chain’s evidence when its anchor is final', async () => {
    const { log, device } = chain;
    for (let i = 0; i < 40; i++) log.append(device.sign());
    await vi.waitFor(async () => {
      const response = await fetch(`${trace!.url}/api/v1/logs/${log.logId}/entries?from=0`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(log.body(0)),
      });
      expect(response.status).toBe(200);
    }, patience);
    await chain.anchor();
    const bundle = await vi.waitFor(async () => {
      const response = await fetch(`${trace!.url}/api/v1/logs/${log.logId}/entries/7/proof`, {
        headers: { authorization: `Bearer ${ownerToken}` },
      });
      const found = (await response.json()) as ProofBundle & { anchor?: Anchor };
      expect(found.anchor?.evidence?.stateProof).toBeDefined();
      return found;
    }, patience);
    await writeFile(file('good.proof.json'), JSON.stringify(bundle));
    const anchor = bundle.anchor!;
    const header = Buffer.from(anchor.evidence!.headers[1]!, 'base64');
    header[header.length - 20]! ^= 1;
    const headers = anchor.evidence!.headers.with(1, header.toString('base64'));
    const spoilt = { ...bundle, anchor: { ...anchor, evidence: { ...anchor.evidence!, headers } } };
    await writeFile(file('bad.proof.json'), JSON.stringify(spoilt));
    const policy = await (await fetch(`${trace!.url}/api/v1/trust-policy`)).text();
    await writeFile(file('policy.json'), policy);
  }, 300_000);

  test('an inspector who reads only what is public finds nothing to say', async () => {
    const lines: string[] = [];
    const print = {
      out: (text: string) => void lines.push(text),
      err: (text: string) => void lines.push(text),
    };
    const args = ['--rpc', network.nodes[1]!.rpcUrl, '--deployment', file('deployment.json')];
    const monitor = ['monitor', '--logs', `${trace!.url}/logs`, '--state', file('monitor.json'), '--once'];
    expect(await runCommandLine([...monitor, ...args], print), lines.join('')).toBe(0);
    expect(JSON.parse(lines.join(''))).toMatchObject({
      verdict: 'ok',
      logs: [{ origin: chain.log.origin, servedSize: 40, verifiedSize: 40, anchorsVerified: 1 }],
    });
  }, 120_000);

  test('with every server of ours gone, it is valid; with one bit of a header changed, it is not', async () => {
    await trace!.close();
    trace = undefined;
    await network.stop();
    const verify = (name: string) =>
      spawnSync(process.execPath, [verifier, file(name), '--policy', file('policy.json')], {
        encoding: 'utf8',
      });
    const good = verify('good.proof.json');
    expect(good.stdout).toContain('✓ anchor');
    expect(good.stdout).toContain('✓ finality');
    expect(good.status, good.stdout + good.stderr).toBe(0);
    const bad = verify('bad.proof.json');
    expect(bad.stdout).toMatch(/^✗ anchor .*is sealed by 0x[0-9a-f]{40}, who is no validator/m);
    expect(bad.status).toBe(1);
  }, 120_000);
});
