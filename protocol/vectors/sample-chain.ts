import { keccak_256 } from '@noble/hashes/sha3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { JsonRpc } from '../bundle/json-rpc.ts';

// A chain in memory, as far as a verifier asks it: blocks, receipts with Appended events, and the registry's two calls.

export type SampleChain = {
  chainId: number;
  anchorLog: string;
  deviceRegistry: string;
  head: number;
  blocks: Map<number, { hash: string; timestamp: number }>;
  receipts: Map<string, Receipt>;
  /** public key in hex by `${subject}/${key number}` */
  keys: Map<string, string>;
  /** the last message of a key that was rotated, by `${subject}/${key number}` */
  rotations: Map<string, { boot: number; seq: number }>;
  /**
   * from which entry on, by `${public key in hex}/${log origin}`: one that the registrar named, or what the log had
   * anchored at the revocation
   */
  revocations: Map<string, number | { anchoredHead: number }>;
};

type Receipt = { status: string; blockNumber: string; blockHash: string; logs: Log[] };
type Log = { address: string; topics: string[]; data: string; logIndex: string };

export type Appended = {
  origin: string;
  oldSize: number;
  newSize: number;
  root: Uint8Array;
  signature: Uint8Array;
};

export const quantity = (n: number): string => `0x${n.toString(16)}`;
const word = (n: number): string => n.toString(16).padStart(64, '0');
const hashOf = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));
const keccak = (text: string): string => bytesToHex(keccak_256(utf8ToBytes(text)));

/** The contract ABI's form of `Appended(bytes32 indexed logId, uint64, uint64, bytes32, bytes)`. */
export function appendedLog(address: string, logIndex: number, event: Appended): Log {
  const signature = bytesToHex(event.signature);
  return {
    address,
    topics: [`0x${keccak('Appended(bytes32,uint64,uint64,bytes32,bytes)')}`, `0x${hashOf(event.origin)}`],
    data: `0x${word(event.oldSize)}${word(event.newSize)}${bytesToHex(event.root)}${word(128)}${word(event.signature.length)}${signature.padEnd(Math.ceil(signature.length / 64) * 64, '0')}`,
    logIndex: quantity(logIndex),
  };
}

/** A JSON-RPC function over the model, answering as a node does. */
export function rpcOf(chain: SampleChain): JsonRpc {
  const answers: Record<string, (params: unknown[]) => unknown> = {
    eth_chainId: () => quantity(chain.chainId),
    eth_blockNumber: () => quantity(chain.head),
    eth_getBlockByNumber: ([height]) => {
      const block = chain.blocks.get(Number(height));
      return block
        ? { number: height, hash: block.hash, timestamp: quantity(block.timestamp), transactions: [] }
        : null;
    },
    eth_getTransactionReceipt: ([hash]) => chain.receipts.get(hash as string) ?? null,
    eth_call: ([call]) => {
      const { to, data } = call as { to: string; data: string };
      return to.toLowerCase() === chain.deviceRegistry.toLowerCase() ? callRegistry(chain, data) : '0x';
    },
  };
  return (method, params) => {
    const answer = answers[method];
    return answer === undefined
      ? Promise.reject(new Error(`the method ${method} does not exist`))
      : Promise.resolve(structuredClone(answer(params)));
  };
}

function callRegistry(chain: SampleChain, data: string): string {
  const [selector, first, second] = [data.slice(2, 10), data.slice(10, 74), data.slice(74, 138)];
  if (selector === keccak('keyOf(bytes32,uint32)').slice(0, 8)) {
    for (const [name, key] of chain.keys) {
      const [subject, number] = name.split('/');
      if (hashOf(subject!) === first && word(Number(number)) === second) {
        const end = chain.rotations.get(name);
        const rotation = end === undefined ? word(0).repeat(3) : word(95) + word(end.boot) + word(end.seq);
        return `0x${key}${first}${word(0).repeat(6)}${rotation}`;
      }
    }
    return `0x${word(0).repeat(11)}`;
  }
  if (selector === keccak('revocationOf(bytes32,bytes32)').slice(0, 8)) {
    for (const [name, from] of chain.revocations) {
      const [key, origin] = name.split('/');
      if (key !== first || hashOf(origin!) !== second) continue;
      return typeof from === 'number'
        ? `0x${word(1)}${word(from)}${word(90)}`
        : `0x${word(2)}${word(from.anchoredHead)}${word(90)}`;
    }
    return `0x${word(0).repeat(3)}`;
  }
  throw new Error('execution reverted');
}
