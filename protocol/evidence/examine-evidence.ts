import { hashQbftBlock } from './qbft.ts';
import { type BlockHeader, decodeHeader, hashHeader } from './block-header.ts';
import { type SealFindings, judgeSeals } from './judge-seals.ts';
import { type ProofNodes, areAllUsed, proofNodes, readProven } from './proof-nodes.ts';
import { decodeReceipt, receiptKey } from './receipt.ts';
import type { ChainEvidence } from './evidence-schema.ts';
import { type RegistryRecord, readRecord, readStorageRoot, registryLayout } from './registry-record.ts';
import type { Validators } from './validators.ts';
import type { Reason } from '../bundle/check.ts';
import { type AppendedEvent, findAppended } from '../bundle/appended-event.ts';
import type { BundleParts } from '../bundle/decode-bundle.ts';
import type { Anchor } from '../bundle/proof-bundle.ts';
import type { TrustPolicy } from '../bundle/trust-policy.ts';
import { decodeBase64 } from '../encoding/base64.ts';
import { bytesToHex } from '../encoding/bytes.ts';
import { logId } from '../log/log-id.ts';
import { ProtocolError } from '../protocol-error.ts';

type PinnedChain = NonNullable<TrustPolicy['chain']>;

/** The records of the bundle's two keys that the state proof shows; `device` only where the bundle has a device. */
export type ProvenKeys = { log: RegistryRecord; device?: RegistryRecord };

/** What a bundle's own evidence shows under a policy: of itself, and by whose word. */
export type ExaminedEvidence =
  /** no evidence, or no anchor and no pinned chain that it could be evidence for */
  | { state: 'absent' }
  /** it contradicts itself, the bundle or the pinned validators */
  | { state: 'broken'; reason: Reason }
  | { state: 'sound'; seals: SealFindings; event: AppendedEvent; blockNumber: number; keys?: ProvenKeys };

/** Never throws: evidence that cannot be read is broken. */
export async function examineEvidence(
  decoded: BundleParts,
  { chain }: TrustPolicy,
): Promise<ExaminedEvidence> {
  const anchor = decoded.anchor?.value;
  if (anchor?.evidence === undefined || chain === undefined) return { state: 'absent' };
  try {
    return await examine(decoded, anchor, anchor.evidence, chain);
  } catch (error) {
    return broken('所附链上证据无法解读', `the evidence: ${(error as Error).message}`);
  }
}

async function examine(
  decoded: BundleParts,
  anchor: Anchor,
  evidence: ChainEvidence,
  chain: PinnedChain,
): Promise<ExaminedEvidence> {
  const headers = linkHeaders(evidence.headers.map(decodeBase64));
  const header = headers[0]!;
  if (`0x${bytesToHex(hashBlock(header, chain.validators, anchor))}` !== anchor.blockHash) {
    return broken('所附区块头不是所称区块的', 'the header is not of the block that the bundle names');
  }
  if (header.number !== anchor.blockNumber || header.time !== anchor.blockTime) {
    return broken('区块号或时间与区块头不符', 'the header has another number or time');
  }
  const seals = judgeSeals(headers, chain.validators, chain.finality);
  if (seals.authentic.status === 'failed') return { state: 'broken', reason: seals.authentic.reason };
  const event = await proveEvent(decoded, evidence, header, chain);
  if (event === undefined) {
    return broken('交易收据没有所称的存证事件', 'the proven receipt has no such Appended event');
  }
  const keys = await proveKeys(decoded, evidence, header, chain);
  return {
    state: 'sound',
    seals,
    event,
    blockNumber: header.number,
    ...(keys !== undefined && { keys }),
  };
}

/** Each header is the parent of the next: whose parent's hash is left out has it from here. */
function linkHeaders(encoded: readonly Uint8Array[]): BlockHeader[] {
  const headers: BlockHeader[] = [];
  for (const bytes of encoded) {
    const parent = headers.at(-1);
    const parentHash = parent && hashHeader(parent);
    const header = decodeHeader(bytes, parentHash);
    const isNext = parent === undefined || header.number === parent.number + 1;
    if (!isNext || (parentHash && bytesToHex(parentHash) !== bytesToHex(header.parentHash))) {
      throw new ProtocolError('HEADER', `header ${header.number} does not follow the one before it`);
    }
    headers.push(header);
  }
  return headers;
}

/** By the pinned consensus; where none is pinned, whichever form of the hash is the one that the bundle names. */
function hashBlock(header: BlockHeader, validators: Validators | undefined, anchor: Anchor): Uint8Array {
  if (validators !== undefined) {
    return validators.consensus === 'qbft' ? hashQbftBlock(header) : hashHeader(header);
  }
  const plain = hashHeader(header);
  return `0x${bytesToHex(plain)}` === anchor.blockHash ? plain : hashQbftBlock(header);
}

/** @throws ProtocolError TRIE_PROOF, RECEIPT or RPC */
async function proveEvent(
  decoded: BundleParts,
  evidence: ChainEvidence,
  header: BlockHeader,
  chain: PinnedChain,
): Promise<AppendedEvent | undefined> {
  const nodes = proofNodes(evidence.receiptProof.map(decodeBase64));
  const bytes = await readProven(nodes, header.receiptsRoot, receiptKey(evidence.transactionIndex));
  if (bytes === null) throw new ProtocolError('RECEIPT', 'the block has no such transaction');
  requireAllUsed(nodes);
  const { succeeded, logs } = decodeReceipt(bytes);
  if (!succeeded) return undefined;
  const checkpoint = decoded.checkpoint.value;
  const wanted = bytesToHex(logId(checkpoint?.origin ?? decoded.bundle.log.origin));
  const events = logs.flatMap((log) => findAppended(log, chain.anchorLog) ?? []);
  const ofLog = events.filter((event) => event.logId === wanted);
  return ofLog.find(({ newSize }) => newSize === checkpoint?.size) ?? ofLog[0];
}

/** @throws ProtocolError TRIE_PROOF or STATE */
async function proveKeys(
  { logKey, deviceKey, bundle }: BundleParts,
  { stateProof }: ChainEvidence,
  header: BlockHeader,
  chain: PinnedChain,
): Promise<ProvenKeys | undefined> {
  if (stateProof === undefined || logKey.broken !== undefined) return undefined;
  const nodes = proofNodes(stateProof.map(decodeBase64));
  const storageRoot = await readStorageRoot(nodes, header.stateRoot, chain.deviceRegistry);
  const slots = chain.registrySlots ?? registryLayout.slots;
  const id = logId(bundle.log.origin);
  const read = (publicKey: Uint8Array) => readRecord(nodes, storageRoot, { publicKey, logId: id, slots });
  const log = await read(logKey.value);
  const device = deviceKey?.value && (await read(deviceKey.value));
  requireAllUsed(nodes);
  return { log, ...(device !== undefined && { device }) };
}

function requireAllUsed(nodes: ProofNodes): void {
  if (!areAllUsed(nodes)) throw new ProtocolError('TRIE_PROOF', 'a node that proves nothing');
}

function broken(zh: string, en: string): ExaminedEvidence {
  return { state: 'broken', reason: { zh, en } };
}
