import { decodeBase64 } from '../encoding/base64.ts';
import type { ExaminedEvidence } from '../evidence/examine-evidence.ts';
import { type Checkpoint, parseCheckpoint } from '../log/checkpoint.ts';
import { type Entry, decodeEntry } from '../log/entry.ts';
import { type TlogProof, parseTlogProof } from '../log/tlog-proof.ts';
import { type ParsedMessage, parseMessage } from '../message/message.ts';
import { type Anchor, type ProofBundle, anchorSchema } from './proof-bundle.ts';

/** A part of the bundle: decoded, or the reason why it cannot be. */
export type Part<T> = { value: T; broken?: undefined } | { value?: undefined; broken: string };

/** The parts that the checks share, each decoded once. An absent optional part is undefined. */
export type BundleParts = {
  bundle: ProofBundle;
  entry: Part<{ bytes: Uint8Array; fields: Entry }>;
  payload: Part<Uint8Array> | undefined;
  message: Part<ParsedMessage> | undefined;
  deviceKey: Part<Uint8Array> | undefined;
  logKey: Part<Uint8Array>;
  proof: Part<TlogProof>;
  checkpoint: Part<Checkpoint>;
  anchor: Part<Anchor> | undefined;
};

/** With what the bundle's own chain evidence shows under the policy. */
export type DecodedBundle = BundleParts & { evidence: ExaminedEvidence };

export function decodeBundle(bundle: ProofBundle): BundleParts {
  const payload = bundle.payload === undefined ? undefined : attempt(() => decodeBase64(bundle.payload!));
  const proof = attempt(() => parseTlogProof(bundle.tlogProof));
  return {
    bundle,
    entry: attempt(() => {
      const bytes = decodeBase64(bundle.entry);
      return { bytes, fields: decodeEntry(bytes) };
    }),
    payload,
    message: payload && onto(payload, parseMessage),
    deviceKey: bundle.device && attempt(() => decodePublicKey(bundle.device!.publicKey)),
    logKey: attempt(() => decodePublicKey(bundle.log.publicKey)),
    proof,
    checkpoint: onto(proof, ({ checkpoint }) => parseCheckpoint(checkpoint)),
    anchor: bundle.anchor === undefined ? undefined : attempt(() => anchorSchema.parse(bundle.anchor)),
  };
}

function attempt<T>(decode: () => T): Part<T> {
  try {
    return { value: decode() };
  } catch (error) {
    return { broken: (error as Error).message };
  }
}

function onto<T, U>(part: Part<T>, decode: (value: T) => U): Part<U> {
  return part.broken === undefined ? attempt(() => decode(part.value)) : part;
}

function decodePublicKey(text: string): Uint8Array {
  const key = decodeBase64(text);
  if (key.length !== 32) throw new Error(`a public key has 32 bytes, this one ${key.length}`);
  return key;
}
