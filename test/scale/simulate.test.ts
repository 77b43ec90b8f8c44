import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatScale } from './format-scale.ts';
import { simulate } from './simulate.ts';

test('the page shows what `npm run simulate` prints', () => {
  const cells = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
  const page = cells(readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8'));
  for (const part of cells(formatScale()).trim().split('\n\n')) expect(page).toContain(part);
});

test('ten times the gateways ask for ten times of everything but the proof', () => {
  const [one, ten] = [simulate(1_000), simulate(10_000)];
  expect(ten.mirrorCores).toBeCloseTo(10 * one.mirrorCores);
  expect(ten.mirrorBytesPerYear).toBeCloseTo(10 * one.mirrorBytesPerYear);
  expect(ten.proofHashes).toBe(one.proofHashes);
  // Once the chain is full, anchors wait for each other instead of growing in number.
  expect(simulate(1_000_000).chainBytesPerYear).toBeLessThan(1.01 * simulate(100_000).chainBytesPerYear);
});
