import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';

/** Nodes of Merkle-Patricia tries, found by their hash, and which of them a proof has needed so far. */
export type ProofNodes = { byHash: ReadonlyMap<string, Uint8Array>; used: Set<string>; repeated: boolean };

/** @param nodes RLP of each, in any order */
export function proofNodes(nodes: readonly Uint8Array[]): ProofNodes {
  const byHash = new Map(nodes.map((node) => [bytesToHex(keccak_256(node)), node]));
  return { byHash, used: new Set(), repeated: byHash.size < nodes.length };
}

/** Whether each node was needed for something that was read: what proves nothing has no place in a proof. */
export function areAllUsed({ byHash, used, repeated }: ProofNodes): boolean {
  return !repeated && used.size === byHash.size;
}

/**
 * The value under a key of the trie with this root; null where the nodes prove that there is none.
 * @param root 32 bytes
 * @throws ProtocolError TRIE_PROOF where the nodes prove neither
 */
export async function readProven(
  nodes: ProofNodes,
  root: Uint8Array,
  key: Uint8Array,
): Promise<Uint8Array | null> {
  try {
    const trie = new MerklePatriciaTrie({ db: databaseOver(nodes), root, valueEncoding: 'view' });
    return await trie.get(key, true);
  } catch (cause) {
    throw new ProtocolError('TRIE_PROOF', 'the nodes do not lead from the root to the key', { cause });
  }
}

/** What the trie library asks for its nodes; it writes nothing where one only reads. */
function databaseOver({ byHash, used }: ProofNodes) {
  const refuse = (): Promise<never> => Promise.reject(new Error('a proof is only read'));
  const database = {
    get(hash: string): Promise<Uint8Array | undefined> {
      const node = byHash.get(hash);
      if (node !== undefined) used.add(hash);
      return Promise.resolve(node);
    },
    put: refuse,
    del: refuse,
    batch: refuse,
    open: () => Promise.resolve(),
    shallowCopy: () => database,
  };
  return database;
}
