import { ProtocolError } from '../protocol-error.ts';
import { isTreeSize } from './shape.ts';

/** The leaves `start` to `end`, `end` excluded, that one hash of a proof stands for. */
export type LeafRange = { start: number; end: number };

/** A complete subtree: the leaves index·2^level to (index + 1)·2^level. */
export type Node = { level: number; index: number };

/**
 * RFC 6962 section 2.1.1, PATH(index, D[0:size]), leaf's sibling first.
 * @throws ProtocolError RANGE
 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!isTreeSize(index) || !isTreeSize(size) || index >= size) {
    throw new ProtocolError('RANGE', `no leaf ${index} in a log of ${size} entries`);
  }
  const path: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  return path.toReversed();
}

/**
 * RFC 6962 section 2.1.2, PROOF(size1, D[0:size2]). Empty for equal sizes.
 * @throws ProtocolError RANGE unless 0 < size1 <= size2
 */
export function consistencyRanges(size1: number, size2: number): LeafRange[] {
  if (!isTreeSize(size1) || !isTreeSize(size2) || size1 === 0 || size1 > size2) {
    throw new ProtocolError('RANGE', `no consistency proof from ${size1} to ${size2} entries`);
  }
  const path: LeafRange[] = [];
  let start = 0;
  let end = size2;
  while (size1 !== end) {
    const middle = start + splitPoint(end - start);
    if (size1 <= middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  // SUBPROOF's flag b: the old root is left out where the verifier has it, which is where it is a node of the new tree.
  if (start !== 0) path.push({ start, end });
  return path.toReversed();
}

/** The complete subtrees of the first `size` leaves, largest first: what a compact range of that size holds. */
export function prefixRanges(size: number): LeafRange[] {
  return nodesOf({ start: 0, end: size }).map(({ level, index }) => {
    const width = 2 ** level;
    return { start: index * width, end: (index + 1) * width };
  });
}

/** A range of a proof as complete subtrees, left to right: more than one only at the log's right edge. */
export function nodesOf(range: LeafRange): Node[] {
  const nodes: Node[] = [];
  let { start } = range;
  while (start < range.end) {
    let level = 0;
    let width = 1;
    while (start % (width * 2) === 0 && start + width * 2 <= range.end) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: start / width });
    start += width;
  }
  return nodes;
}

/** The largest power of two below n, for n > 1. */
function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
