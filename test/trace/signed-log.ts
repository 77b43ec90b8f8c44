import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import {
  type Entry,
  type Reading,
  type UnsignedMessage,
  type UnsignedReadings,
  appendLeaf,
  bodyNames,
  edgeRoot,
  edgeSize,
  encodeBase64,
  encodeBase64url,
  encodeEntry,
  leafHash,
  logIdHex,
  newEdge,
  newSecretKey,
  publicKeyOf,
  sha256,
  signCheckpoint,
  signCoseMessage,
  signMessage,
} from '@tianyuan/protocol';

/** A device as the world sees it: it signs, counting its messages. */
export type Device = {
  id: string;
  publicKey: Uint8Array;
  /** The payload of the next message. Anything said here is said instead. */
  sign: (message?: Partial<UnsignedMessage>) => Uint8Array;
  /** The same in the COSE profile, for readings. */
  signCose: (message?: Partial<UnsignedReadings>) => Uint8Array;
};

export const aDay = Date.UTC(2026, 10, 20);

export function newDevice(id: string, secretKey: Uint8Array = newSecretKey()): Device {
  let seq = 0;
  const signBytes = signerOf(secretKey);
  const next = (message: Partial<UnsignedMessage> = {}): UnsignedMessage => {
    seq += 1;
    const readings: Reading[] = [{ type: 'temperature', value: 4_000 + seq }];
    const hasBody = bodyNames.some((name) => name in message);
    return {
      v: 1 as const,
      device: id,
      key: 1,
      boot: 1,
      seq,
      time: aDay + seq * 1000,
      ...(hasBody ? {} : { readings }),
      ...message,
    } as UnsignedMessage;
  };
  return {
    id,
    publicKey: publicKeyOf(secretKey),
    sign: (message) => signMessage(next(message), signBytes),
    signCose: (message) => signCoseMessage(next(message) as UnsignedReadings, signBytes),
  };
}

/** What a gateway would log: entries, their payloads, and checkpoints over them. */
export type SignedLog = {
  origin: string;
  logId: string;
  publicKey: Uint8Array;
  /** Appends a payload; `entry` differs from the usual one where it is said to. */
  append: (payload: Uint8Array, entry?: Partial<Entry>) => void;
  appendAll: (payloads: readonly Uint8Array[]) => void;
  /** Appends an entry as another log has it. */
  appendEntry: (entry: Uint8Array, payload: Uint8Array | null) => void;
  size: () => number;
  root: () => Uint8Array;
  checkpoint: () => string;
  /** The 64-byte signature of the checkpoint at the present size, as the chain carries it. */
  signature: () => Uint8Array;
  entries: Uint8Array[];
  payloads: (Uint8Array | null)[];
  /** A body for the upload route: from `from` to the present end. */
  body: (from: number) => UploadBody;
};

export type UploadBody = { checkpoint: string; entries: string; payloads: (string | null)[] };

export function newLog(origin: string, secretKey: Uint8Array = newSecretKey()): SignedLog {
  const edge = newEdge();
  const entries: Uint8Array[] = [];
  const payloads: (Uint8Array | null)[] = [];
  const publicKey = publicKeyOf(secretKey);
  const head = () => ({ origin, size: edgeSize(edge), root: edgeRoot(edge) });
  const signBytes = signerOf(secretKey);
  let signature: Uint8Array = new Uint8Array(0);

  const log: SignedLog = {
    origin,
    logId: logIdHex(origin),
    publicKey,
    entries,
    payloads,
    append(payload, entry = {}) {
      const bytes = encodeEntry({
        kind: 'message',
        clock: 'synchronised',
        receivedAt: aDay + 3600_000,
        boot: 1,
        sinceBootMs: entries.length,
        payloadHash: sha256(payload),
        ...entry,
      });
      log.appendEntry(bytes, payload);
    },
    appendEntry(bytes, payload) {
      entries.push(bytes);
      payloads.push(payload);
      appendLeaf(edge, leafHash(bytes));
    },
    appendAll(all) {
      for (const payload of all) log.append(payload);
    },
    size: () => edgeSize(edge),
    root: () => edgeRoot(edge),
    checkpoint: () =>
      signCheckpoint(head(), publicKey, (text) => {
        signature = signBytes(text);
        return signature;
      }),
    signature() {
      log.checkpoint();
      return signature;
    },
    body: (from) => ({
      checkpoint: log.checkpoint(),
      entries: Buffer.concat(entries.slice(from)).toString('base64'),
      payloads: payloads.slice(from).map((payload) => payload && encodeBase64(payload)),
    }),
  };
  return log;
}

/** Payloads of a gateway's own, cheap to make in great number. */
export function statements(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => new Uint8Array(randomBytes(24)));
}

/** Node's own Ed25519, which thousands of signatures want; protocol's is written for verifying everywhere. */
function signerOf(secretKey: Uint8Array): (message: Uint8Array) => Uint8Array {
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: encodeBase64url(secretKey),
    x: encodeBase64url(publicKeyOf(secretKey)),
  };
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return (message) => new Uint8Array(sign(null, message, key));
}
