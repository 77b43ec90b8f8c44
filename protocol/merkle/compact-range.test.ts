import { expect, test } from 'vitest';
import { naiveLeaf, naiveRoot } from '../vectors/naive-tree.ts';
import { type CompactRange, appendToRange, rangeRoot } from './compact-range.ts';
import { prefixRanges } from './subtree.ts';

const leaves = Array.from({ length: 140 }, (_, i) => naiveLeaf(Uint8Array.of(i)));

test('a compact range has the naive root at every size, and one node for each 1 of it', () => {
  const range: CompactRange = { size: 0, nodes: [] };
  for (let size = 0; size <= leaves.length; size++) {
    expect(rangeRoot(range)).toEqual(naiveRoot(leaves.slice(0, size)));
    expect(range.nodes).toHaveLength(size.toString(2).replaceAll('0', '').length);
    if (size < leaves.length) appendToRange(range, leaves[size]!);
  }
});

test('it tells every complete node once, with the naive hash of its leaves', () => {
  const range: CompactRange = { size: 0, nodes: [] };
  const told = new Map<string, Uint8Array>();
  for (const leaf of leaves) {
    appendToRange(range, leaf, (level, index, hash) => {
      expect(told.has(`${level}/${index}`)).toBe(false);
      told.set(`${level}/${index}`, hash);
    });
  }
  let complete = 0;
  for (let level = 0; 2 ** level <= leaves.length; level++) {
    for (let index = 0; (index + 1) * 2 ** level <= leaves.length; index++) {
      complete += 1;
      expect(told.get(`${level}/${index}`)).toEqual(
        naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
      );
    }
  }
  expect(told.size).toBe(complete);
});

test('the ranges of a prefix are what a compact range of that size holds', () => {
  const range: CompactRange = { size: 0, nodes: [] };
  for (const leaf of leaves) {
    const ranges = prefixRanges(range.size);
    expect(ranges.map(({ start, end }) => naiveRoot(leaves.slice(start, end)))).toEqual(range.nodes);
    appendToRange(range, leaf);
  }
});
