import { emptyRoot, nodeHash } from './hash.ts';

/**
 * The least that must be remembered of a tree to append to it and to know its root: the roots of its complete subtrees,
 * largest first, one for each 1 in the binary form of `size`. At most 53 hashes.
 */
export type CompactRange = { size: number; nodes: Uint8Array[] };

/** Called with every node that an append completes: its level (0 is a leaf), its index in that level, its hash. */
export type OnNode = (level: number, index: number, hash: Uint8Array) => void;

/** Appends one leaf in place, with one hash on average. */
export function appendToRange(range: CompactRange, leaf: Uint8Array, onNode?: OnNode): void {
  let hash = leaf;
  let index = range.size;
  let level = 0;
  onNode?.(level, index, hash);
  while (index % 2 === 1) {
    hash = nodeHash(range.nodes.pop()!, hash);
    index = (index - 1) / 2;
    level += 1;
    onNode?.(level, index, hash);
  }
  range.nodes.push(hash);
  range.size += 1;
}

/** RFC 6962 MTH of the leaves appended so far. */
export function rangeRoot(range: CompactRange): Uint8Array {
  return range.nodes.length === 0 ? emptyRoot() : foldNodes(range.nodes);
}

/** Joins the roots of complete subtrees, largest first, from the right. */
export function foldNodes(nodes: readonly Uint8Array[]): Uint8Array {
  return nodes.reduceRight((right, left) => nodeHash(left, right));
}
