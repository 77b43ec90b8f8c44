import { expect, test } from 'vitest';
import { bytesToHex } from '../encoding/bytes.ts';
import { classicEntries, consistencyCases, inclusionCases } from '../vectors/merkle-cases.ts';
import { naiveRoot } from '../vectors/naive-tree.ts';
import { appendToRange, rangeRoot } from './compact-range.ts';
import { emptyRoot, leafHash, nodeHash } from './hash.ts';

// Roots of the first n classic leaves, as every implementation of RFC 6962 has them.
const classicRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('the roots of the classic leaves', () => {
  const range = { size: 0, nodes: [] };
  const roots = [rangeRoot(range)];
  for (const entry of classicEntries) {
    appendToRange(range, leafHash(entry));
    roots.push(rangeRoot(range));
  }
  expect(roots.map(bytesToHex)).toEqual(classicRoots);
});

test('the reference in the tests has the same roots', () => {
  const leaves = classicEntries.map(leafHash);
  expect(classicRoots.map((_, size) => bytesToHex(naiveRoot(leaves.slice(0, size))))).toEqual(classicRoots);
});

test('the empty root is the hash of nothing', () => {
  expect(bytesToHex(emptyRoot())).toBe(classicRoots[0]);
});

test('a leaf is never taken for a node', () => {
  const [a, b] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
  expect(leafHash(Uint8Array.of(...a, ...b))).not.toEqual(nodeHash(a, b));
  expect(nodeHash(a, b)).not.toEqual(nodeHash(b, a));
});

test('a node is over two hashes and nothing else', () => {
  const [a, b] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
  for (const wrong of [a.slice(1), Uint8Array.of(...a, 0), new Uint8Array(0)]) {
    expect(() => nodeHash(wrong, b)).toThrow(expect.objectContaining({ code: 'RANGE' }));
    expect(() => nodeHash(a, wrong)).toThrow(expect.objectContaining({ code: 'RANGE' }));
  }
});

// What other languages test themselves with; `npx vitest run protocol/merkle/hash.test.ts -u` writes it anew.
test('vectors/merkle.json holds these cases', async () => {
  const cases = { roots: classicRoots, inclusion: inclusionCases(), consistency: consistencyCases() };
  await expect(`${JSON.stringify(cases, null, 2)}\n`).toMatchFileSnapshot('../vectors/merkle.json');
});
