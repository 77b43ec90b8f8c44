import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Field, expectAnchoredOnce, openField, untilFinal } from './field.ts';
import { type TestGateway, lineOf } from './gateway.ts';
import { hasGeth } from './geth.ts';
import { heal, partition } from './partition.ts';
import { goOn, height, holdStill, untilPending } from './sealing.ts';

const patience = { timeout: 90_000, interval: 200 };

describe.skipIf(!(await hasGeth()))('signers in trouble', () => {
  let field: Field;
  let gateway: TestGateway;
  let gateways = 0;

  beforeAll(async () => {
    field = await openField({ signers: 3 });
  });
  afterAll(() => field?.close());
  afterEach(async () => {
    await gateway.stop();
    await goOn(field.network);
  });

  async function start(): Promise<TestGateway> {
    gateways += 1;
    gateway = await field.addGateway(`gw-${gateways}`);
    await gateway.start();
    await gateway.measure(5);
    await untilFinal(field, gateway, 5);
    return gateway;
  }

  test('a node that is killed and comes back: all that was measured meanwhile is anchored once', async () => {
    const { lines, measure, status } = await start();
    const from = lines.length;
    await field.network.nodes[0]!.kill();
    await measure(5);
    expect((await lineOf(gateway, /NODE_UNREACHABLE/, from)).level).toBe(40);
    expect(status().final).toBeLessThan(status().logged);
    await field.network.nodes[0]!.start();
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, 10));
  });

  test('a node that hangs with its connections open: the next one is asked, or the same one when it is back', async () => {
    const { lines, measure } = await start();
    const [first, second] = field.network.nodes;
    await gateway.stop();
    await gateway.start({ rpcUrl: `${first!.rpcUrl},${second!.rpcUrl}` });
    first!.pause();
    try {
      await measure(5);
      // The trace API has only the node that hangs: final for the gateway, and not for it.
      await vi.waitFor(() => expect(gateway.status().final).toBe(gateway.status().logged), patience);
    } finally {
      first!.resume();
    }
    expect(lines.length).toBeGreaterThan(0);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, 10));
  });

  test('a partition: what a minority anchored is never final, is taken back, and is appended again, once', async () => {
    const { lines, measure, status, origin } = await start();
    const before = status().logged;
    const [alone, other] = field.network.nodes;
    await holdStill(field.network, 0);
    await partition(field.network, [0], [1, 2]);
    await measure(1);
    await untilPending(alone!);
    await alone!.ask('miner_start');
    // In a block of the minority, for whoever asks its node…
    await vi.waitFor(() => expect(status().anchored).toBeGreaterThan(before), patience);
    await vi.waitFor(
      async () => expect((await field.log(origin))['anchoredSize']).toBeGreaterThan(before),
      patience,
    );
    // … and in none of the majority's.
    await goOn(field.network);
    const majority = await height(other!.rpcUrl);
    await vi.waitFor(async () => expect(await height(other!.rpcUrl)).toBeGreaterThan(majority + 4), patience);
    expect(await field.head(origin, other!.rpcUrl)).toBe(before);
    expect(status().final).toBe(before);
    expect((await field.log(origin))['finalSize']).toBe(before);

    const from = lines.length;
    await heal(field.network.nodes);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, before + 1));
    expect(lines.slice(from).map(({ msg }) => msg)).toContainEqual(
      expect.stringMatching(/the chain lost an anchor|the block of an anchor is gone/),
    );
    expect(field.traceLines.map(({ msg }) => msg)).toContain(
      'the chain went back; anchors above are taken back',
    );
  });

  test('a mempool that went with its node: the transaction is sent again', async () => {
    const { lines, measure, origin, status } = await start();
    const before = status().logged;
    const [first] = field.network.nodes;
    await holdStill(field.network, 0);
    // Cut off, so that no other node's mempool has what comes now.
    await partition(field.network, [0], [1, 2]);
    const from = lines.length;
    await measure(1);
    await untilPending(first!);
    await first!.kill();
    // geth keeps a journal of what came over its own RPC; a replaced disk has none.
    await rm(join(field.network.directory, 'signer-1', 'data', 'geth', 'transactions.rlp'));
    await first!.start();
    await heal(field.network.nodes);
    await goOn(field.network);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, before + 1));
    expect((await lineOf(gateway, /ANCHOR_VANISHED|NODE_UNREACHABLE/, from)).level).toBe(40);
    expect(await field.head(origin)).toBe(status().logged);
  });

  test('two agents that share an account get in each other’s way, and both are anchored whole, each head once', async () => {
    gateway = await field.addGateway('one');
    const other = await field.addGateway('two', { account: 'one' });
    await Promise.all([gateway.start(), other.start()]);
    try {
      for (let i = 0; i < 4; i++) await Promise.all([gateway.measure(3), other.measure(3)]);
      for (const each of [gateway, other]) {
        await expectAnchoredOnce(field, each, await untilFinal(field, each, 12));
      }
      const collisions = [...gateway.lines, ...other.lines].filter(
        ({ err }) => err?.code === 'TRANSACTION_PENDING',
      );
      expect(collisions.length).toBeGreaterThan(0);
    } finally {
      await other.stop();
    }
  });
});
