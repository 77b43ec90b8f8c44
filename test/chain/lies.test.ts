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
