import { RLP } from '@ethereumjs/rlp';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes, hexToBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type ProofNodes, readProven } from './proof-nodes.ts';

/** Storage slots of DeviceRegistry's two mappings. They move with what the contract inherits. */
export type RegistrySlots = { keys: number; cuts: number };

/**
 * Where this version of DeviceRegistry keeps what evidence proves, as its compiled `storageLayout` says; a test of
 * `contracts` compares the two. `subject`, `state` and `rotation` count slots in its struct `Key`, the others bytes from the
 * right of the slot `state`, and the last three of the slot `rotation`.
 */
export const registryLayout = {
  slots: { keys: 3, cuts: 5 } satisfies RegistrySlots,
  subject: 1,
  state: 2,
  rotation: 3,
  status: { offset: 1, length: 1 },
  keyNumber: { offset: 2, length: 4 },
  revokedAtBlock: { offset: 14, length: 8 },
  rotatedAtBlock: { offset: 0, length: 8 },
  lastBoot: { offset: 8, length: 8 },
  lastSeq: { offset: 16, length: 8 },
} as const;

/** IDeviceRegistry.KeyStatus */
const statuses = ['unknown', 'active', 'rotated', 'revoked'] as const;

/**
 * The last message that a rotated key signed; `not shown` where the key may have been rotated and the evidence lacks the slot
 * that says so, as what earlier releases made does.
 */
export type KeyEnd = { boot: number; seq: number } | 'not shown';

/** What the registry's storage has of a key. `cutFrom` is the log index that the registrar named for the one log asked for. */
export type RegistryRecord = {
  /** 32 bytes: SHA-256 of the id or the origin; zeros where the key is not enrolled */
  subject: Uint8Array;
  keyNumber: number;
  status: (typeof statuses)[number];
  revokedAtBlock: number;
  cutFrom: number | undefined;
  /** absent where no other key took over */
  end?: KeyEnd;
};

/**
 * The slots, 32 bytes each, that a record of one key in one log is read from; `rotation` only of a key that was rotated or
 * revoked, `cut` only of a revoked one.
 */
export function recordSlots(
  publicKey: Uint8Array,
  logId: Uint8Array,
  slots: RegistrySlots,
): { subject: Uint8Array; state: Uint8Array; rotation: Uint8Array; cut: Uint8Array } {
  const record = BigInt(`0x${bytesToHex(mappingSlot(publicKey, word(slots.keys)))}`);
  return {
    subject: word(record + BigInt(registryLayout.subject)),
    state: word(record + BigInt(registryLayout.state)),
    rotation: word(record + BigInt(registryLayout.rotation)),
    cut: mappingSlot(logId, mappingSlot(publicKey, word(slots.cuts))),
  };
}

/** Root of the storage trie, 32 bytes, of the account at an address, 20 bytes. @throws ProtocolError TRIE_PROOF or STATE */
export async function readStorageRoot(
  nodes: ProofNodes,
  stateRoot: Uint8Array,
  address: string,
): Promise<Uint8Array> {
  const account = await readProven(nodes, stateRoot, keccak_256(hexToBytes(address.slice(2))));
  const decoded: unknown = account && RLP.decode(account);
  const root: unknown = Array.isArray(decoded) ? decoded[2] : undefined;
  if (root instanceof Uint8Array && root.length === 32) return root;
  throw new ProtocolError('STATE', `the chain has no contract at ${address} in this block`);
}

/** @throws ProtocolError TRIE_PROOF or STATE */
export async function readRecord(
  nodes: ProofNodes,
  storageRoot: Uint8Array,
  { publicKey, logId, slots }: { publicKey: Uint8Array; logId: Uint8Array; slots: RegistrySlots },
): Promise<RegistryRecord> {
  const wanted = recordSlots(publicKey, logId, slots);
  const subject = await readSlot(nodes, storageRoot, wanted.subject);
  const state = await readSlot(nodes, storageRoot, wanted.state);
  const status = statuses[field(state, registryLayout.status)];
  if (status === undefined) throw new ProtocolError('STATE', 'the registry is laid out in another way');
  const cut = status === 'revoked' ? await readSlot(nodes, storageRoot, wanted.cut) : undefined;
  // The contract keeps the index plus one, so that zero can mean that nothing was said.
  const cutFrom = cut === undefined ? -1 : Number(`0x${bytesToHex(cut)}`) - 1;
  const mayHaveEnded = status === 'rotated' || status === 'revoked';
  const end = mayHaveEnded ? await readEnd(nodes, storageRoot, wanted.rotation) : undefined;
  return {
    subject,
    keyNumber: field(state, registryLayout.keyNumber),
    status,
    revokedAtBlock: field(state, registryLayout.revokedAtBlock),
    cutFrom: cutFrom < 0 ? undefined : cutFrom,
    ...(end !== undefined && { end }),
  };
}

async function readEnd(nodes: ProofNodes, root: Uint8Array, slot: Uint8Array): Promise<KeyEnd | undefined> {
  // Nodes count as used only where they lead all the way.
  const tried = { ...nodes, used: new Set(nodes.used) };
  let rotation: Uint8Array;
  try {
    rotation = await readSlot(tried, root, slot);
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'TRIE_PROOF') return 'not shown';
    throw error;
  }
  for (const hash of tried.used) nodes.used.add(hash);
  if (field(rotation, registryLayout.rotatedAtBlock) === 0) return undefined;
  return { boot: field(rotation, registryLayout.lastBoot), seq: field(rotation, registryLayout.lastSeq) };
}

function field(slot: Uint8Array, { offset, length }: { offset: number; length: number }): number {
  return Number(`0x${bytesToHex(slot.subarray(32 - offset - length, 32 - offset))}`);
}

async function readSlot(nodes: ProofNodes, root: Uint8Array, slot: Uint8Array): Promise<Uint8Array> {
  const value = await readProven(nodes, root, keccak_256(slot));
  const decoded: unknown = value === null ? new Uint8Array(0) : RLP.decode(value);
  if (!(decoded instanceof Uint8Array) || decoded.length > 32) {
    throw new ProtocolError('STATE', 'a storage slot holds at most 32 bytes');
  }
  const padded = new Uint8Array(32);
  padded.set(decoded, 32 - decoded.length);
  return padded;
}

/** Solidity: keccak-256(key ‖ slot of the mapping). */
function mappingSlot(key: Uint8Array, slot: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(key, slot));
}

function word(value: number | bigint): Uint8Array {
  return hexToBytes((BigInt(value) & (2n ** 256n - 1n)).toString(16).padStart(64, '0'));
}
