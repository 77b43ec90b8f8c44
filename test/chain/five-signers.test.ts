import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Field, expectAnchoredOnce, openField, untilFinal } from './field.ts';
import type { TestGateway } from './gateway.ts';
import { hasGeth } from './geth.ts';
import { heal } from './partition.ts';
import { height } from './sealing.ts';

const patience = { timeout: 90_000, interval: 200 };

describe.skipIf(!(await hasGeth()))('five signers', () => {
  let field: Field;
  let gateway: TestGateway;

  beforeAll(async () => {
    field = await openField({ signers: 5 });
    gateway = await field.addGateway('gw-five');
    await gateway.start();
  });
  afterAll(async () => {
    await gateway?.stop();
    await field?.close();
  });

  test('go on without two of them; without three nothing becomes final, and it does when they are back', async () => {
    const [first, , third, fourth, fifth] = field.network.nodes;
    await gateway.measure(5);
    const before = await untilFinal(field, gateway, 5);
    await fourth!.kill();
    await fifth!.kill();
    await gateway.measure(1);
    const without = await untilFinal(field, gateway, before + 1);

    await third!.kill();
    // Each of the two that are left may still seal one block: after these, none.
    const last = await height(first!.rpcUrl);
    await gateway.measure(1);
    await vi.waitFor(async () => {
      const { pending } = (await first!.ask('txpool_status')) as { pending: string };
      const isStill = Number(pending) > 0 || gateway.status().anchored > without;
      expect(isStill).toBe(true);
    }, patience);
    expect(await height(first!.rpcUrl)).toBeLessThanOrEqual(last + 2);
    expect(gateway.status().final).toBe(without);

    for (const node of [third!, fourth!, fifth!]) await node.start();
    await heal(field.network.nodes);
    await expectAnchoredOnce(field, gateway, await untilFinal(field, gateway, without + 1));
  });
});
