import { expect, test } from 'vitest';
import { cliqueGenesis } from './genesis.ts';

test('puts the signers into the extra data, ascending, between vanity and seal', () => {
  const [low, high] = [
    '0x1111111111111111111111111111111111111111',
    '0xEE00000000000000000000000000000000000000',
  ];
  const genesis = cliqueGenesis({
    chainId: 7,
    signers: [high, low],
    periodSeconds: 2,
    balances: [{ address: high, wei: 255n }],
  });
  expect(genesis).toMatchObject({
    config: { chainId: 7, londonBlock: 0, clique: { period: 2, epoch: 30_000 } },
    extraData: `0x${'00'.repeat(32)}${low.slice(2)}${high.slice(2).toLowerCase()}${'00'.repeat(65)}`,
    alloc: { [high.slice(2).toLowerCase()]: { balance: '0xff' } },
  });
});
