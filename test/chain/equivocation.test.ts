import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAnchor } from '@tianyuan/chain';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { loadGatewayKey } from '@tianyuan/gateway-agent/log/gateway-key.ts';
import { logId, logIdHex, parseCheckpoint, verifyCheckpoint } from '@tianyuan/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Field, expectAnchoredOnce, openField, ownerToken, untilFinal } from './field.ts';
import { type TestGateway, lineOf } from './gateway.ts';
import { hasGeth } from './geth.ts';
import { newLog } from '../trace/signed-log.ts';

const patience = { timeout: 90_000, interval: 200 };

type Contradiction = { kind: string; checkpoints: string[]; transactionHash: string | null };

describe.skipIf(!(await hasGeth()))('a gateway that tells two histories', () => {
  let field: Field;
  let home: string;
  const running: TestGateway[] = [];

  beforeAll(async () => {
    field = await openField({ signers: 3 });
    home = mkdtempSync(join(tmpdir(), 'tianyuan-two-histories-'));
  });
  afterAll(async () => {
    for (const gateway of running) await gateway.stop();
    await field?.close();
    rmSync(home, { recursive: true, force: true });
  });

  /** A gateway with a common past, final, and a copy of its disk at that point. */
  async function withCopy(
    name: string,
  ): Promise<{ gateway: TestGateway; copy: TestGateway; common: number }> {
    const gateway = await field.addGateway(name);
    await gateway.start();
    await gateway.measure(5);
    const common = await untilFinal(field, gateway, 5);
    await gateway.stop();
    gateway.copyTo(join(home, name));
    const copy = field.reopen(name, join(home, name), gateway.device);
    running.push(gateway, copy);
    return { gateway, copy, common };
  }

  const contradictions = async (origin: string) =>
    (await field.log(origin))['contradictions'] as Contradiction[];

  /** That these notes are of one log, under its key, and no one history has both. */
  function expectProof({ checkpoints }: Contradiction, { origin, publicKey }: TestGateway): void {
    expect(checkpoints).toHaveLength(2);
    for (const note of checkpoints) {
      expect(parseCheckpoint(note).origin).toBe(origin);
      expect(verifyCheckpoint(parseCheckpoint(note), publicKey)).toBe(true);
    }
    const [first, second] = checkpoints.map(parseCheckpoint);
    expect(first!.root).not.toEqual(second!.root);
  }

  test('one to the chain and another to the trace API: both signatures are kept, later anchors are marked, the page says so', async () => {
    const { gateway: toChain, copy: toTrace, common } = await withCopy('two-faced');
    const { origin } = toChain;
    await toTrace.start({ anchors: false });
    await toTrace.measure(6);
    await vi.waitFor(() => expect(toTrace.status().mirrored).toBe(toTrace.status().logged), patience);
    await toTrace.stop();
    await toChain.start({ traceUrl: undefined });
    await toChain.measure(2);
    await vi.waitFor(() => expect(toChain.status().final).toBe(toChain.status().logged), patience);
    const first = toChain.status().anchored;

    const found = await vi.waitFor(async () => {
      const [one] = await contradictions(origin);
      expect(one).toMatchObject({ kind: 'ANCHOR_MISMATCH' });
      return one!;
    }, patience);
    expectProof(found, toChain);
    // One of both is on the chain, root and signature, for whoever does not believe the trace API either.
    const onChain = new Set(
      (await field.anchored(origin)).filter(({ size }) => size > common).map(({ root }) => root),
    );
    const roots = found.checkpoints.map((note) => Buffer.from(parseCheckpoint(note).root).toString('hex'));
    expect(roots.filter((root) => onChain.has(root))).toHaveLength(1);
    expect(found.transactionHash).toMatch(/^0x[0-9a-f]{64}$/);
    const alarm = field.traceLines.find(({ evidence }) => evidence?.kind === 'ANCHOR_MISMATCH')!;
    expect(alarm).toMatchObject({ level: 50, msg: expect.stringMatching(/^ALARM/) });

    // What it anchors from now on is of the other history, far beyond what was mirrored.
    await toChain.measure(20);
    await vi.waitFor(() => expect(toChain.status().anchored).toBeGreaterThan(first + 19), patience);
    await vi.waitFor(async () => {
      const foreign = (await field.anchored(origin)).filter(({ size }) => size > common).length;
      expect(foreign).toBeGreaterThan(1);
      expect(await field.log(origin)).toMatchObject({
        contradictedAnchors: foreign,
        anchoredSize: common,
        finalSize: common,
      });
    }, patience);
    await toChain.stop();

    // The other face cannot anchor what it mirrored: its own check stops it, and the contract would.
    await toTrace.start();
    expect((await lineOf(toTrace, /REWOUND/)).level).toBe(40);
    expect((await field.anchored(origin)).at(-1)!.size).toBe(
      toChain.lines.findLast(({ msg }) => msg === 'anchored')!['size'],
    );
    await toTrace.stop();

    const { batchId, page } = await batchOf(toChain);
    expect(page).toContain('记录自相矛盾');
    expect(page).toContain(origin);
    const view = (await (await fetch(`${field.trace.url}/api/v1/batches/${batchId}/trace`)).json()) as object;
    expect(view).toMatchObject({ contradicted: [origin] });
  });

  test('a disk that was rewound: nothing of its second past is anchored or mirrored, and the first stays whole', async () => {
    const { gateway, copy, common } = await withCopy('rewound');
    await gateway.start();
    await gateway.measure(5);
    const whole = await untilFinal(field, gateway, common + 5);
    await gateway.stop();

    // As after an old backup: the key is right, the past is not. The agent itself stops.
    await copy.start();
    await copy.measure(9);
    const rewound = await lineOf(copy, /REWOUND/);
    expect(rewound.level).toBe(40);
    expect(rewound.err!.message).toMatch(/backup|close this log/i);
    await copy.stop();
    expect(await field.log(copy.origin)).toMatchObject({ size: whole, finalSize: whole, contradictions: [] });

    // Somebody who has the key and another agent: the contract refuses, whatever size is claimed, …
    const store = openStore(copy.directory);
    const other = newLog(copy.origin, loadGatewayKey(copy.directory, store).secretKey);
    store.close();
    other.appendAll(Array.from({ length: whole + 3 }, () => copy.device.sign()));
    const client = connectAnchor({
      rpcUrl: field.wiring.rpcUrl,
      deployment: field.deployment,
      privateKey: field.accounts.anchorerOf('rewound').privateKey,
      finality: { kind: 'instant' },
    });
    const head = { logId: logId(copy.origin), root: other.root(), signature: other.signature(), proof: [] };
    await expect(client.append({ ...head, size: other.size() })).rejects.toMatchObject({
      code: 'INCONSISTENT',
    });
    await expect(client.append({ ...head, size: whole })).rejects.toMatchObject({ code: 'STALE' });
    await expect(client.append({ ...head, size: common })).rejects.toMatchObject({ code: 'STALE' });
    client.close();

    // … and the mirror, which keeps both signatures.
    const offered = await fetch(`${field.trace.url}/api/v1/logs/${logIdHex(copy.origin)}/entries?from=0`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(other.body(0)),
    });
    expect(offered.status).toBe(409);
    const [found] = await contradictions(copy.origin);
    expect(found).toMatchObject({ kind: 'FORK', transactionHash: null });
    expectProof(found!, copy);
    expect(field.traceLines).toContainEqual(
      expect.objectContaining({ level: 50, evidence: expect.objectContaining({ kind: 'FORK' }) }),
    );
    expect(await field.log(copy.origin)).toMatchObject({
      size: whole,
      finalSize: whole,
      contradictedAnchors: 0,
    });
    await expectAnchoredOnce(field, gateway, whole);
  });

  /** A batch that the gateway's device measured, as the shop puts it. */
  async function batchOf({ device }: TestGateway): Promise<{ batchId: string; page: string }> {
    const batchId = `batch-of-${device.id}`;
    const batch = {
      gtin: '06901234567892',
      lot: 'LOT-1',
      product: { zh: '苹果', en: 'Apples' },
      origin: { zh: '烟台', en: 'Yantai' },
      harvestedAt: Date.now(),
      limits: [],
      devices: [device.id],
      published: true,
    };
    const put = await fetch(`${field.trace.url}/api/v1/batches/${batchId}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ownerToken}` },
      body: JSON.stringify(batch),
    });
    expect([put.status, put.ok ? '' : await put.text()]).toEqual([expect.any(Number), '']);
    const page = await (
      await fetch(`${field.trace.url}/01/${batch.gtin}/10/${batch.lot}`, { headers: { accept: 'text/html' } })
    ).text();
    return { batchId, page };
  }
});
