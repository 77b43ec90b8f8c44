import {
  appendToRange,
  type CompactRange,
  bytesToHex,
  concatBytes,
  equalBytes,
  hexToBytes,
  inclusionRanges,
  leafHash,
  rangeRoot,
} from '@tianyuan/protocol';
import { z } from 'zod';
import { ChainError } from '../chain-error.ts';
import type { ChainStatus } from '../status.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** `tianyuan/super-root/v1`: every anchored head at one block, and one root over all of them. Hashes are bare hex. */
export const superRootSchema = z.strictObject({
  type: z.literal('tianyuan/super-root/v1'),
  /** UTC, the day that it was made for */
  date: z.iso.date(),
  chainId: z.int().min(1),
  /** AnchorLog's address */
  contract: z.string().regex(/^0x[0-9a-f]{40}$/),
  blockNumber: z.int().min(0),
  blockTime: z.int().min(0),
  /** by log id, ascending */
  heads: z.array(z.strictObject({ logId: hash, size: z.int().min(1), root: hash })),
  root: hash,
});

export type SuperRoot = z.infer<typeof superRootSchema>;

/**
 * The RFC 6962 root over the heads in the order of their log ids; a leaf is `logId ‖ size as 8 bytes ‖ root`. So one head is
 * proven by an inclusion proof, without the others.
 */
export function rootOfHeads(heads: SuperRoot['heads']): string {
  return bytesToHex(rootOf(heads.map(leafOf)));
}

/** A head, and that it is under the root with no other head given: RFC 6962's inclusion proof, hashes in hex, leaf's sibling first. */
export type ProvenHead = SuperRoot['heads'][number] & { index: number; heads: number; proof: string[] };

/** Undefined where the log had no head. @param logId 64 hex digits */
export function proveHead({ heads }: SuperRoot, logId: string): ProvenHead | undefined {
  const index = heads.findIndex((head) => head.logId === logId);
  const head = heads[index];
  if (head === undefined) return undefined;
  const leaves = heads.map(leafOf);
  const proof = inclusionRanges(index, leaves.length).map(({ start, end }) =>
    rootOf(leaves.slice(start, end)),
  );
  return { ...head, index, heads: leaves.length, proof: proof.map(bytesToHex) };
}

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const range: CompactRange = { size: 0, nodes: [] };
  for (const leaf of leaves) appendToRange(range, leaf);
  return rangeRoot(range);
}

/** The hash of a head's leaf. */
export function leafOf({ logId, size, root }: SuperRoot['heads'][number]): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(size));
  return leafHash(concatBytes(hexToBytes(logId), length, hexToBytes(root)));
}

/** @param date UTC day, `2026-11-24` */
export function makeSuperRoot(
  date: string,
  { chainId, contract }: { chainId: number; contract: string },
  { blockNumber, blockTime, logs }: ChainStatus,
): SuperRoot {
  const heads = logs
    .flatMap(({ logId, newest }) =>
      newest === undefined ? [] : [{ logId, size: newest.size, root: bytesToHex(newest.root) }],
    )
    .toSorted((a, b) => (a.logId < b.logId ? -1 : 1));
  return {
    type: 'tianyuan/super-root/v1',
    date,
    chainId,
    contract,
    blockNumber,
    blockTime,
    heads,
    root: rootOfHeads(heads),
  };
}

/** The bytes of the file, whose SHA-256 is what is stamped. */
export function encodeSuperRoot(superRoot: SuperRoot): string {
  return `${JSON.stringify(superRoot, null, 1)}\n`;
}

/** A file that says of itself what its heads come to. @throws ChainError SUPER_ROOT */
export function decodeSuperRoot(text: string): SuperRoot {
  let superRoot: SuperRoot;
  try {
    superRoot = superRootSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ChainError('SUPER_ROOT', 'this is no super-root', { cause });
  }
  const { heads, root } = superRoot;
  if (heads.some(({ logId }, i) => i > 0 && logId <= heads[i - 1]!.logId)) {
    throw new ChainError('SUPER_ROOT', 'the heads are not in the order of their log ids');
  }
  if (!equalBytes(hexToBytes(rootOfHeads(heads)), hexToBytes(root))) {
    throw new ChainError('SUPER_ROOT', 'the root is not the one of the heads');
  }
  return superRoot;
}
