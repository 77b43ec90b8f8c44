import type { ProofBundle } from '../bundle/proof-bundle.ts';
import type { TrustPolicy } from '../bundle/trust-policy.ts';
import { publicKeyOf, signEd25519 } from '../ed25519.ts';
import { encodeBase64 } from '../encoding/base64.ts';
import { bytesToHex } from '../encoding/bytes.ts';
import { checkpointText, logSignature, parseCheckpoint, signCheckpoint } from '../log/checkpoint.ts';
import { cosign } from '../log/cosignature.ts';
import { type Entry, encodeEntry } from '../log/entry.ts';
import { type NoteSignature, formatNote } from '../log/signed-note.ts';
import { formatTlogProof } from '../log/tlog-proof.ts';
import { leafHash } from '../merkle/hash.ts';
import { signCoseMessage } from '../message/cose.ts';
import { type UnsignedMessage, type UnsignedReadings, signMessage } from '../message/message.ts';
import { sha256 } from '../sha256.ts';
import { naivePath, naiveRoot } from './naive-tree.ts';
import { type SampleChain, appendedLog, quantity, rpcOf } from './sample-chain.ts';

// A bundle that is valid in all eight checks, with the policy and the chain that it is valid under. Every part can be
// made differently, so that a test spoils one thing and nothing else.

const secretOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

export const secrets = {
  device: secretOf(11),
  log: secretOf(12),
  witness: secretOf(13),
  otherWitness: secretOf(14),
  stranger: secretOf(15),
} as const;

export const origin = 'gw-7.farm-3.example';
export const witnessName = 'witness.example/w1';
export const otherWitnessName = 'witness.example/w2';
export const deviceId = 'th-0007';
const blockTime = 1_790_000_300;

export const sampleMessage: UnsignedReadings = {
  v: 1,
  device: deviceId,
  key: 2,
  boot: 3,
  seq: 42,
  time: 1_790_000_000_000,
  batch: '烟台-0912',
  readings: [{ type: 'temperature', value: -18_250 }],
};

/** A copy of an object without these members. */
export function without<T extends object, K extends keyof T>(value: T, ...names: K[]): Omit<T, K> {
  const copy = { ...value };
  for (const name of names) delete copy[name];
  return copy;
}

export type SampleOptions = {
  payload?: Uint8Array;
  kind?: Entry['kind'];
  /** of the entry in its log of `size` */
  index?: number;
  size?: number;
  signLog?: (text: Uint8Array) => Uint8Array;
  /** more signature lines, given the checkpoint's text */
  lines?: (text: string) => NoteSignature[];
};

export type Sample = { bundle: ProofBundle; policy: TrustPolicy; chain: SampleChain };

export const witnessLine = (text: string): NoteSignature =>
  cosign(text, 1_790_000_200, { name: witnessName, publicKey: publicKeyOf(secrets.witness) }, (bytes) =>
    signEd25519(secrets.witness, bytes),
  );

export const otherWitnessLine = (text: string): NoteSignature =>
  cosign(
    text,
    1_790_000_201,
    { name: otherWitnessName, publicKey: publicKeyOf(secrets.otherWitness) },
    (bytes) => signEd25519(secrets.otherWitness, bytes),
  );

export function signedPayload(
  message: UnsignedMessage = sampleMessage,
  secret: Uint8Array = secrets.device,
): Uint8Array {
  return signMessage(message, (input) => signEd25519(secret, input));
}

/** The same in the COSE profile. */
export function cosePayload(message: UnsignedReadings = sampleMessage): Uint8Array {
  return signCoseMessage(message, (input) => signEd25519(secrets.device, input));
}

export function makeSample(options: SampleOptions = {}): Sample {
  const {
    payload = signedPayload(),
    kind = 'message',
    index = 4,
    size = 7,
    lines = (text) => [witnessLine(text)],
  } = options;
  const entry = encodeEntry({
    kind,
    clock: 'synchronised',
    receivedAt: 1_790_000_000_512,
    boot: 9,
    sinceBootMs: 86_400_123,
    payloadHash: sha256(payload),
  });
  const leaves = Array.from({ length: size }, (_, i) => leafHash(i === index ? entry : Uint8Array.of(i)));
  const head = { origin, size, root: naiveRoot(leaves) };
  const logKey = publicKeyOf(secrets.log);
  const sign = options.signLog ?? ((text: Uint8Array) => signEd25519(secrets.log, text));
  const logLine = logSignature(parseCheckpoint(signCheckpoint(head, logKey, sign)), logKey)!;
  const text = checkpointText(head);
  const checkpoint = formatNote({ text, signatures: [logLine, ...lines(text)] });

  const chain = makeChain();
  const transactionHash = `0x${'c1'.repeat(32)}`;
  const blockHash = chain.blocks.get(100)!.hash;
  chain.receipts.set(transactionHash, {
    status: '0x1',
    blockNumber: quantity(100),
    blockHash,
    logs: [
      appendedLog(`0x${'ee'.repeat(20)}`, 4, {
        origin,
        oldSize: 1,
        newSize: 2,
        root: head.root,
        signature: logLine.bytes,
      }),
      appendedLog(chain.anchorLog, 5, {
        origin,
        oldSize: 3,
        newSize: size,
        root: head.root,
        signature: logLine.bytes,
      }),
      appendedLog(chain.anchorLog, 6, {
        origin: 'other.example',
        oldSize: 0,
        newSize: size,
        root: head.root,
        signature: logLine.bytes,
      }),
    ],
  });

  return {
    bundle: {
      type: 'tianyuan/proof/v1',
      entry: encodeBase64(entry),
      payload: encodeBase64(payload),
      tlogProof: formatTlogProof({ index, proof: naivePath(index, leaves), checkpoint }),
      device: { id: deviceId, key: 2, publicKey: encodeBase64(publicKeyOf(secrets.device)) },
      log: { origin, key: 1, publicKey: encodeBase64(logKey) },
      anchor: {
        chainId: chain.chainId,
        contract: chain.anchorLog.toLowerCase(),
        transactionHash,
        blockNumber: 100,
        blockHash,
        blockTime,
        logIndex: 5,
      },
    },
    policy: {
      chain: {
        chainId: chain.chainId,
        anchorLog: chain.anchorLog,
        deviceRegistry: chain.deviceRegistry,
        finality: { kind: 'confirmations', blocks: 3 },
      },
      witnesses: {
        quorum: 1,
        keys: [{ name: witnessName, publicKey: encodeBase64(publicKeyOf(secrets.witness)) }],
      },
      rpc: rpcOf(chain),
      now: () => (blockTime + 60) * 1000,
    },
    chain,
  };
}

function makeChain(): SampleChain {
  const chain: SampleChain = {
    chainId: 31_337,
    anchorLog: '0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B', // mixed case: addresses compare without it
    deviceRegistry: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    head: 103,
    blocks: new Map(),
    receipts: new Map(),
    keys: new Map([
      [`${deviceId}/2`, bytesToHex(publicKeyOf(secrets.device))],
      [`${origin}/1`, bytesToHex(publicKeyOf(secrets.log))],
    ]),
    rotations: new Map(),
    revocations: new Map(),
  };
  for (let height = 90; height <= chain.head; height++) {
    const hash = `0x${height.toString(16).padStart(64, 'b')}`;
    chain.blocks.set(height, { hash, timestamp: blockTime + (height - 100) * 5 });
  }
  return chain;
}
