import { MerklePatriciaTrie, createMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Anchor } from '../bundle/proof-bundle.ts';
import { publicKeyOf } from '../ed25519.ts';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../encoding/bytes.ts';
import { type BlockHeader, decodeHeader, encodeHeader, hashHeader } from '../evidence/block-header.ts';
import type { ChainEvidence } from '../evidence/evidence-schema.ts';
import { hashQbftBlock } from '../evidence/qbft.ts';
import { receiptKey } from '../evidence/receipt.ts';
import { recordSlots, registryLayout } from '../evidence/registry-record.ts';
import { logId } from '../log/log-id.ts';
import { logSignature, parseCheckpoint } from '../log/checkpoint.ts';
import { type Sample, deviceId, makeSample, origin, secrets } from './sample-bundle.ts';
import { appendedLog } from './sample-chain.ts';

// A chain of our own making under the sample bundle: tries with what a node would have in them, headers over those, and
// seals by validators whose keys are here. What real nodes make of the same is in `clique-evidence.json` and
// `besu-qbft.json`; this one can be made wrong in one thing and nothing else.

const none = new Uint8Array(0);
const empty = hexToBytes('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
const noUncles = hexToBytes('1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');

export const validatorSecrets = [31, 32, 33, 34].map((n) => new Uint8Array(32).fill(n));
export const validatorAddresses = validatorSecrets.map(addressOf);

/** A key's record in the registry, as far as it is not the usual one: enrolled under the sample's id, active. */
export type SampleRecord = {
  status?: number;
  revokedAtBlock?: number;
  cutFrom?: number;
  /** the last message, where the key was rotated */
  end?: { boot: number; seq: number };
  /** as earlier releases made it: nothing in the proof says whether it was rotated */
  withoutRotation?: true;
  subject?: string;
  absent?: true;
};

export type SampleEvidenceOptions = {
  consensus?: 'qbft' | 'clique';
  /** who seals the anchor's block: under QBFT all of these, under Clique the first; default three of the four */
  sealers?: readonly Uint8Array[];
  /** under Clique, who seals each block after it */
  laterSealers?: readonly Uint8Array[];
  device?: SampleRecord;
  log?: SampleRecord;
  /** storage slots that the registry has besides: five for each key that is enrolled; default 50 */
  otherSlots?: number;
  /** events of other logs in the anchor's transaction, before that of the sample's; default 1 */
  otherLogs?: number;
  /** the log's size before the anchor */
  oldSize?: number;
};

const anchorBlock = 100;

/** The sample bundle with evidence, under a policy that pins the validators and has no node to ask. */
export async function makeEvidenceSample(options: SampleEvidenceOptions = {}): Promise<Sample> {
  const { consensus = 'qbft', sealers = validatorSecrets.slice(0, 3) } = options;
  const sample = makeSample();
  const anchor = sample.bundle.anchor as Anchor;
  const receipts = await receiptsTrie(sample, options);
  const registry = await registryState(sample, options);
  const extra = consensus === 'qbft' ? qbftExtra([]) : new Uint8Array(97);
  const unsealed = header({
    stateRoot: registry.stateRoot,
    receiptsRoot: receipts.root,
    time: anchor.blockTime,
    extra,
  });
  const first = consensus === 'qbft' ? sealQbft(unsealed, sealers) : sealClique(unsealed, sealers[0]!);
  const headers = [first];
  for (const secret of options.laterSealers ?? (consensus === 'clique' ? validatorSecrets.slice(1) : [])) {
    headers.push(sealClique(after(headers.at(-1)!), secret));
  }
  const evidence: ChainEvidence = {
    transactionIndex: 1,
    receiptProof: receipts.proof,
    headers: headers.map(({ fields }, i) => encodeBase64(encodeHeader(fields, i > 0))),
    stateProof: registry.proof,
  };
  const blockHash = `0x${bytesToHex(consensus === 'qbft' ? hashQbftBlock(first) : hashHeader(first))}`;
  const { rpc: _, ...policy } = sample.policy;
  return {
    ...sample,
    bundle: { ...sample.bundle, anchor: { ...anchor, blockHash, evidence } },
    policy: {
      ...policy,
      chain: {
        ...policy.chain!,
        finality: consensus === 'qbft' ? { kind: 'instant' } : { kind: 'confirmations', blocks: 3 },
        validators: { consensus, sets: [{ fromBlock: 0, addresses: validatorAddresses }] },
      },
    },
  };
}

function addressOf(secret: Uint8Array): string {
  return `0x${bytesToHex(keccak_256(secp256k1.getPublicKey(secret, false).subarray(1)).subarray(12))}`;
}

function seal(hash: Uint8Array, secret: Uint8Array): Uint8Array {
  const signature = secp256k1.sign(hash, secret, { prehash: false, format: 'recovered' });
  return concatBytes(signature.subarray(1), signature.subarray(0, 1));
}

function qbftExtra(seals: Uint8Array[]): Uint8Array {
  const round = Uint8Array.of(2);
  return RLP.encode([
    new Uint8Array(32),
    validatorAddresses.map((one) => hexToBytes(one.slice(2))),
    [],
    round,
    seals,
  ]);
}

function sealQbft(unsealed: BlockHeader, secrets_: readonly Uint8Array[]): BlockHeader {
  const signed = hashHeader(unsealed);
  return withExtra(unsealed, qbftExtra(secrets_.map((secret) => seal(signed, secret))));
}

function sealClique(unsealed: BlockHeader, secret: Uint8Array): BlockHeader {
  const signed = hashHeader(unsealed, new Uint8Array(32));
  return withExtra(unsealed, concatBytes(new Uint8Array(32), seal(signed, secret)));
}

function withExtra({ fields }: BlockHeader, extra: Uint8Array): BlockHeader {
  return decodeHeader(encodeHeader(fields.with(12, extra), false));
}

function header(of: {
  stateRoot: Uint8Array;
  receiptsRoot: Uint8Array;
  time: number;
  extra: Uint8Array;
  number?: number;
  parentHash?: Uint8Array;
}): BlockHeader {
  const integer = (n: number) =>
    hexToBytes(n.toString(16).padStart(Math.ceil(n.toString(16).length / 2) * 2, '0'));
  const fields = [
    of.parentHash ?? new Uint8Array(32).fill(7),
    noUncles,
    new Uint8Array(20),
    of.stateRoot,
    empty,
    of.receiptsRoot,
    new Uint8Array(256),
    integer(1),
    integer(of.number ?? anchorBlock),
    integer(30_000_000),
    none,
    integer(of.time),
    of.extra,
    new Uint8Array(32),
    new Uint8Array(8),
    integer(7),
  ];
  return decodeHeader(encodeHeader(fields, false));
}

function after(parent: BlockHeader): BlockHeader {
  const { stateRoot, time, number } = parent;
  return header({
    stateRoot,
    receiptsRoot: empty,
    time: time + 5,
    extra: new Uint8Array(97),
    number: number + 1,
    parentHash: hashHeader(parent),
  });
}

async function receiptsTrie(
  sample: Sample,
  { oldSize = 3, otherLogs = 1 }: SampleEvidenceOptions,
): Promise<{ root: Uint8Array; proof: string[] }> {
  const text = sample.bundle.tlogProof;
  const checkpoint = parseCheckpoint(text.slice(text.indexOf('\n\n') + 2));
  const { size, root } = checkpoint;
  const signature = logSignature(checkpoint, decodeBase64(sample.bundle.log.publicKey))!.bytes;
  const event = (of: string) =>
    appendedLog(sample.chain.anchorLog.toLowerCase(), 0, {
      origin: of,
      oldSize,
      newSize: size,
      root,
      signature,
    });
  const bytes = (hex: string) => hexToBytes(hex.slice(2));
  const receipt = (logs: ReturnType<typeof event>[]) =>
    concatBytes(
      Uint8Array.of(2),
      RLP.encode([
        Uint8Array.of(1),
        Uint8Array.of(1, 2, 3),
        new Uint8Array(256),
        logs.map(({ address, topics, data }) => [bytes(address), topics.map(bytes), bytes(data)]),
      ]),
    );
  const trie = new MerklePatriciaTrie();
  await trie.put(receiptKey(0), receipt([]));
  await trie.put(
    receiptKey(1),
    receipt([...Array.from({ length: otherLogs }, (_, i) => event(`other-${i}.example`)), event(origin)]),
  );
  for (let i = 2; i < 20; i++) await trie.put(receiptKey(i), receipt([]));
  return { root: trie.root(), proof: (await createMerkleProof(trie, receiptKey(1))).map(encodeBase64) };
}

async function registryState(
  sample: Sample,
  { device = {}, log = {}, otherSlots = 50 }: SampleEvidenceOptions,
): Promise<{ stateRoot: Uint8Array; proof: string[] }> {
  const storage = new MerklePatriciaTrie({ useKeyHashing: true });
  for (let i = 0; i < otherSlots; i++) {
    await storage.put(keccak_256(RLP.encode(i)), keccak_256(RLP.encode(i)));
  }
  const wanted: Uint8Array[] = [];
  for (const [secret, subject, number, record] of [
    [secrets.log, origin, 1, log],
    [secrets.device, deviceId, 2, device],
  ] as const) {
    const slots = recordSlots(publicKeyOf(secret), logId(origin), registryLayout.slots);
    wanted.push(slots.subject, slots.state);
    if ((record.status ?? 1) > 1 && !record.withoutRotation) wanted.push(slots.rotation);
    if (record.status === 3) wanted.push(slots.cut);
    if (record.absent) continue;
    await storage.put(slots.subject, RLP.encode(logId(record.subject ?? subject)));
    await storage.put(slots.state, RLP.encode(stateWord(number, record)));
    if (record.end) await storage.put(slots.rotation, RLP.encode(rotationWord(record.end)));
    if (record.cutFrom !== undefined) await storage.put(slots.cut, RLP.encode(record.cutFrom + 1));
  }
  const state = new MerklePatriciaTrie({ useKeyHashing: true });
  for (let i = 0; i < 20; i++)
    await state.put(new Uint8Array(20).fill(i), RLP.encode([none, none, empty, empty]));
  const address = hexToBytes(sample.chain.deviceRegistry.slice(2));
  await state.put(address, RLP.encode([Uint8Array.of(1), none, storage.root(), empty]));
  const nodes = new Set((await createMerkleProof(state, address)).map(encodeBase64));
  for (const slot of wanted)
    for (const node of await createMerkleProof(storage, slot)) nodes.add(encodeBase64(node));
  return { stateRoot: state.root(), proof: [...nodes] };
}

/** The packed slot of the struct: kind, status, keyNumber, enrolledAtBlock, revokedAtBlock from the right. */
function stateWord(keyNumber: number, { status = 1, revokedAtBlock = 0 }: SampleRecord): Uint8Array {
  const value =
    (BigInt(revokedAtBlock) << 112n) |
    (50n << 48n) |
    (BigInt(keyNumber) << 16n) |
    (BigInt(status) << 8n) |
    2n;
  return integerBytes(value);
}

/** The struct's next slot: rotatedAtBlock, lastBoot, lastSeq from the right. */
function rotationWord({ boot, seq }: { boot: number; seq: number }): Uint8Array {
  return integerBytes((BigInt(seq) << 128n) | (BigInt(boot) << 64n) | 95n);
}

function integerBytes(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return hexToBytes(hex.padStart(Math.ceil(hex.length / 2) * 2, '0'));
}
