import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Field, expectAnchoredOnce, openField, untilFinal } from './field.ts';
import type { TestGateway } from './gateway.ts';
import { hasGeth } from './geth.ts';
import { heal, partition } from './partition.ts';
import { goOn, height, holdStill, untilPending } from './sealing.ts';

const patience = { timeout: 90_000, interval: 200 };

describe.skipIf(!(await hasGeth()))('a hub on a network in trouble', () => {
  let field: Field;
  let gateways: TestGateway[] = [];
  let named = 0;

  beforeAll(async () => {
    field = await openField({ signers: 3, hub: true });
  });
  afterAll(() => field?.close());
  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await goOn(field.network);
  });

  /** Two gateways without an account, anchored and final with what they measured. */
  async function start(): Promise<TestGateway[]> {
    gateways = [];
    for (let i = 0; i < 2; i++) {
      named += 1;
      const gateway = await field.addGateway(`hub-gw-${named}`);
      await gateway.start();
      gateways.push(gateway);
      await gateway.measure(5);
    }
    for (const gateway of gateways) await untilFinal(field, gateway, 5);
    return gateways;
  }

  test('its node is killed and comes back: what was uploaded meanwhile is anchored once', async () => {
    const [one, two] = await start();
    await field.network.nodes[0]!.kill();
    await Promise.all([one!.measure(5), two!.measure(5)]);
    await vi.waitFor(() => expect(one!.status().mirrored).toBe(one!.status().logged), patience);
    expect(one!.status().final).toBeLessThan(one!.status().logged);
    await field.network.nodes[0]!.start();
    for (const gateway of gateways)
      await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, 10));
  });

  test('a partition: what it anchored with a minority is never final, is taken back, and is anchored again, once', async () => {
    const [one, two] = await start();
    const [alone, other] = field.network.nodes;
    const before = gateways.map((gateway) => gateway.status().logged);
    await holdStill(field.network, 0);
    await partition(field.network, [0], [1, 2]);
    await Promise.all([one!.measure(1), two!.measure(1)]);
    await untilPending(alone!);
    await alone!.ask('miner_start');
    await vi.waitFor(
      async () => expect((await field.log(one!.origin))['anchoredSize']).toBeGreaterThan(before[0]!),
      patience,
    );
    await goOn(field.network);
    const majority = await height(other!.rpcUrl);
    await vi.waitFor(async () => expect(await height(other!.rpcUrl)).toBeGreaterThan(majority + 4), patience);
    for (const [i, gateway] of gateways.entries()) {
      expect(await field.head(gateway.origin, other!.rpcUrl)).toBe(before[i]);
      expect((await field.log(gateway.origin))['finalSize']).toBe(before[i]);
      expect(gateway.status().final).toBe(before[i]);
    }
    await heal(field.network.nodes);
    for (const [i, gateway] of gateways.entries())
      await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, before[i]! + 1));
    expect(field.traceLines.map(({ msg }) => msg)).toContain(
      'the chain went back; anchors above are taken back',
    );
  });
});
