import { openNode, readAnchorFinality } from '@tianyuan/chain';
import { anchorLogInterface } from '@tianyuan/chain/contracts.ts';
import { readEvents } from '@tianyuan/chain/read-events.ts';
import { logId } from '@tianyuan/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Field, expectAnchoredOnce, openField, untilFinal } from './field.ts';
import { type TestGateway, lineOf } from './gateway.ts';
import { hasGeth } from './geth.ts';
import { type LyingRpc, startLyingRpc } from './lying-rpc.ts';
import { goOn, height, holdStill, untilPending } from './sealing.ts';

const patience = { timeout: 90_000, interval: 200 };

describe.skipIf(!(await hasGeth()))('a node that does not tell the truth', () => {
  let field: Field;
  let liar: LyingRpc;
  let gateway: TestGateway;
  let gateways = 0;

  beforeAll(async () => {
    field = await openField({ signers: 3 });
    liar = await startLyingRpc(field.network.nodes[0]!.rpcUrl);
  });
  afterAll(async () => {
    await liar?.close();
    await field?.close();
  });
  afterEach(async () => {
    liar.tell(undefined);
    await gateway.stop();
    await goOn(field.network);
  });

  async function start(): Promise<TestGateway> {
    gateways += 1;
    gateway = await field.addGateway(`gw-${gateways}`);
    await gateway.start({ rpcUrl: liar.url });
    await gateway.measure(5);
    await untilFinal(field, gateway, 5);
    return gateway;
  }

  test('answers with another chain’s id: nothing is sent there, and the operator reads which chain it is', async () => {
    gateway = await field.addGateway('gw-elsewhere');
    liar.tell((method) => (method === 'eth_chainId' ? Promise.resolve('0x1') : undefined));
    const sent = liar.asked('eth_sendRawTransaction');
    await gateway.start({ rpcUrl: liar.url });
    await gateway.measure(5);
    const line = await lineOf(gateway, /WRONG_CHAIN_ID/);
    expect(line.err!.message).toMatch(/is of chain 1, not \d+/);
    expect(liar.asked('eth_sendRawTransaction')).toBe(sent);
    expect(gateway.status()).toMatchObject({ anchored: 0, final: 0 });
    liar.tell(undefined);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, 5));
  });

  test('claims blocks that nobody sealed: no anchor is final by its word', async () => {
    const { measure, status } = await start();
    const before = status().final;
    await holdStill(field.network, 0);
    // One message, so that one append has it and none waits behind.
    await measure(1);
    liar.tell((method, params, ask) =>
      method === 'eth_blockNumber'
        ? ask(method, params).then((number) => `0x${(Number(number) + 1000).toString(16)}`)
        : undefined,
    );
    // One block, which has the anchor, and none after it.
    await untilPending(field.network.nodes[0]!);
    await field.network.nodes[0]!.ask('miner_start');
    await vi.waitFor(() => expect(status().anchored).toBeGreaterThan(before), patience);
    const looked = liar.asked('eth_getBlockByNumber');
    await vi.waitFor(() => expect(liar.asked('eth_getBlockByNumber')).toBeGreaterThan(looked + 10), patience);
    expect(status().final).toBe(before);
    liar.tell(undefined);
    await goOn(field.network);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, before + 1));
  });

  test('makes up the blocks that it claims: the operator reads that no pinned signer sealed them', async () => {
    const { lines, measure, status } = await start();
    const before = status().final;
    await holdStill(field.network, 0);
    // One message, so that one append has it and none waits behind.
    await measure(1);
    const from = lines.length;
    liar.tell((method, params, ask) => {
      if (method !== 'eth_getBlockByNumber' || typeof params[0] !== 'string' || !params[0].startsWith('0x'))
        return undefined;
      return ask(method, params).then(
        async (block) => block ?? forge(await ask(method, ['latest', false]), params[0] as string),
      );
    });
    await untilPending(field.network.nodes[0]!);
    await field.network.nodes[0]!.ask('miner_start');
    await vi.waitFor(() => expect(status().anchored).toBeGreaterThan(before), patience);
    const line = await lineOf(gateway, /EVIDENCE|UNTRUSTED_BLOCK/, from);
    expect(line.level).toBe(40);
    expect(status().final).toBe(before);
    liar.tell(undefined);
    await goOn(field.network);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, before + 1));
  });

  test('lags behind: what it does not know yet is not sent to the chain a second time', async () => {
    const { measure, status, origin } = await start();
    const then = await height(field.network.nodes[0]!.rpcUrl);
    await measure(5);
    await untilFinal(field, gateway, 10);
    const sizes = await field.anchored(origin);
    liar.tell(asOf(then));
    const asked = liar.asked('eth_call');
    await measure(5);
    await vi.waitFor(() => expect(liar.asked('eth_call')).toBeGreaterThan(asked + 3), patience);
    expect(status().final).toBeLessThan(status().logged);
    liar.tell(undefined);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, 15));
    expect((await field.anchored(origin)).length).toBeGreaterThan(sizes.length);
  });

  test('forgets a transaction that it took: it is sent again', async () => {
    const { lines, measure } = await start();
    const from = lines.length;
    let forgotten = 0;
    liar.tell((method) => {
      if (method !== 'eth_sendRawTransaction' || forgotten > 0) return undefined;
      forgotten += 1;
      return Promise.resolve(`0x${'ab'.repeat(32)}`);
    });
    await measure(5);
    expect((await lineOf(gateway, /ANCHOR_VANISHED/, from)).level).toBe(40);
    expect(forgotten).toBe(1);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, 10));
  });
});

describe.skipIf(!(await hasGeth()))(
  'a node of the trace API that invents an anchor in a block that was sealed',
  () => {
    let field: Field;
    let liar: LyingRpc;

    beforeAll(async () => {
      field = await openField({
        signers: 3,
        rpcUrl: async ([first]) => (liar = await startLyingRpc(first!)).url,
      });
    });
    afterAll(async () => {
      await field?.close();
      await liar?.close();
    });

    test('is found out by the receipts: the anchor never becomes final and is taken back, and what is true goes on', async () => {
      const gateway = await field.addGateway('gw-invented');
      await gateway.start();
      await gateway.measure(5);
      const logged = await untilFinal(field, gateway, 5);
      const from = field.traceLines.length;
      let told: { size: number; block: number } | undefined;
      liar.tell((method, params, ask) => {
        if (method !== 'eth_getLogs' || told !== undefined) return undefined;
        const { toBlock } = params[0] as { toBlock: string };
        told = { size: logged + 1000, block: Number(toBlock) };
        return invent(field, gateway.origin, told, ask).then(async (log) => [
          ...((await ask(method, params)) as object[]),
          log,
        ]);
      });
      const alarm = await vi.waitFor(() => {
        const found = field.traceLines
          .slice(from)
          .find(({ msg }) => msg.startsWith('ALARM: a node told of an anchor'));
        if (found === undefined) throw new Error('the operator has read nothing yet');
        return found;
      }, patience);
      expect(alarm).toMatchObject({ alarm: true, size: told!.size, blockNumber: told!.block });
      await gateway.measure(5);
      await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, 10));
      await gateway.stop();
    });

    test('is named by whoever asks, beside an anchor that is there', async () => {
      const node = openNode({ rpcUrl: field.network.nodes[0]!.rpcUrl, chainId: field.network.chainId });
      try {
        const validators = {
          consensus: 'clique' as const,
          sets: [{ fromBlock: 0, addresses: field.network.signers }],
        };
        const anchor = (
          await node.ask((provider) => readEvents(provider, field.deployment, { from: 0, to: 1_000_000 }))
        ).find((event) => event.kind === 'Appended');
        const there = { ...anchor!, contract: field.deployment.anchorLog.address };
        const others = [
          { ...there, size: there.size + 1 },
          { ...there, root: new Uint8Array(32) },
          { ...there, logId: '00'.repeat(32) },
          { ...there, contract: field.deployment.deviceRegistry.address },
        ];
        const asked = (anchors: (typeof there)[]) =>
          node.ask((provider) =>
            readAnchorFinality(there, anchors, { kind: 'confirmations', blocks: 2, validators }, provider),
          );
        expect(await asked([there])).toEqual({ finality: 'final', invented: [] });
        expect(await asked([there, ...others])).toEqual({ finality: 'final', invented: others });
      } finally {
        node.close();
      }
    });
  },
);

/** An event as a node would give it, of an append that nobody sent, in a block that is there. */
async function invent(
  { deployment }: Field,
  origin: string,
  { size, block }: { size: number; block: number },
  ask: (method: string, params: unknown[]) => Promise<unknown>,
): Promise<object> {
  const blockNumber = `0x${block.toString(16)}`;
  const { hash } = (await ask('eth_getBlockByNumber', [blockNumber, false])) as { hash: string };
  const { topics, data } = anchorLogInterface.encodeEventLog('Appended', [
    logId(origin),
    size - 1,
    size,
    new Uint8Array(32).fill(7),
    new Uint8Array(64),
  ]);
  return {
    address: deployment.anchorLog.address,
    topics,
    data,
    blockNumber,
    blockHash: hash,
    transactionHash: `0x${'ab'.repeat(32)}`,
    transactionIndex: '0x0',
    logIndex: '0x63',
    removed: false,
  };
}

/** A block that says it follows, under the hash that it would have if it were sealed: it is not. */
function forge(latest: unknown, number: string): unknown {
  return { ...(latest as object), number, parentHash: (latest as { hash: string }).hash };
}

/** A node whose newest block is `newest`. */
function asOf(newest: number) {
  const tag = `0x${newest.toString(16)}`;
  const isNewer = (value: unknown): boolean =>
    typeof value === 'string' && value.startsWith('0x') && Number(value) > newest;
  return (
    method: string,
    params: unknown[],
    ask: (method: string, params: unknown[]) => Promise<unknown>,
  ) => {
    switch (method) {
      case 'eth_blockNumber':
        return Promise.resolve(tag);
      case 'eth_call':
      case 'eth_getTransactionCount':
      case 'eth_estimateGas':
      case 'eth_getBalance':
        return ask(method, [params[0], tag]);
      case 'eth_getBlockByNumber':
        if (isNewer(params[0])) return Promise.resolve(null);
        return ask(method, [params[0] === 'latest' || params[0] === 'pending' ? tag : params[0], params[1]]);
      case 'eth_getTransactionReceipt':
      case 'eth_getTransactionByHash':
        return ask(method, params).then((found) =>
          isNewer((found as { blockNumber?: string } | null)?.blockNumber) ? null : found,
        );
      default:
        return undefined;
    }
  };
}
