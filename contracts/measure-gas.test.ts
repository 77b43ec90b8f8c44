import { expect, test } from 'vitest';
import { measureAppendGas, measureAppendManyMarginalGas } from './measure-gas.ts';

// The worst case of a size is one below a power of two: every node on the way up is hashed for both heads.
test.each([
  { oldSize: 2 ** 20 - 1, more: 4096, atMost: 75_000 },
  { oldSize: 2 ** 24 - 1, more: 4096, atMost: 80_000 },
  { oldSize: 2 ** 20 - 1, more: 100_000, atMost: 100_000 - 1 },
])('appending $more entries onto $oldSize takes at most $atMost gas', async ({ oldSize, more, atMost }) => {
  expect(await measureAppendGas({ oldSize, newSize: oldSize + more })).toBeLessThanOrEqual(atMost);
});

test('one more log in a transaction takes at most 50,000 gas', async () => {
  const sizes = { oldSize: 2 ** 20 - 1, newSize: 2 ** 20 + 4095 };
  expect(await measureAppendManyMarginalGas(sizes)).toBeLessThanOrEqual(50_000);
});
