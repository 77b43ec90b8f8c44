import { canonicalize } from '../canonical-json.ts';
import { decodeBase64url, encodeBase64url } from '../encoding/base64.ts';
import { decodeUtf8, utf8ToBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { Body } from './body.ts';
import { readCommonMessage } from './common-message.ts';
import { coseFirstByte, readCose } from './cose.ts';
import type { Reading } from './readings.ts';
import { judgeBySchema, readBySchema } from './schema.ts';

/** The whole payload's bound; larger things travel by hash. */
export const maxMessageBytes = 16 * 1024;

/** Signed before the canonical form, so that no signature of ours means anything elsewhere. */
export const messageContext = 'tianyuan/message/v1\n';

/** What every message has, before it is signed. */
export type UnsignedEnvelope = {
  v: 1;
  /** whose key signed: a device's or a person's id */
  device: string;
  /** which of the enrolled keys, from 1 */
  key: number;
  boot: number;
  seq: number;
  /** the signer's own clock at signing, Unix ms; may be wrong */
  time: number;
  batch?: string | undefined;
  /** see commitmentOf: fields that can be opened to whoever may see them */
  commitments?: string[] | undefined;
};

export type UnsignedMessage = UnsignedEnvelope & Body;

/** What most devices send, and all that most of them ever do. */
export type UnsignedReadings = UnsignedEnvelope & { readings: Reading[] };

/** One body under one signature: unpadded base64url of the 64 bytes of Ed25519. */
export type Message = UnsignedMessage & { sig: string };

/** How a message was written. */
export type Profile = 'json' | 'cose';

/** A message, its 64-byte signature, and the bytes that the signature is over. */
export type ParsedMessage = {
  profile: Profile;
  message: Message;
  signature: Uint8Array;
  signedBytes: Uint8Array;
};

/**
 * A payload in one of the two profiles, byte for byte the only form that its profile has for what it says. The signature
 * is decoded but not verified, and neither is the new key's in a rotation.
 * @throws ProtocolError MESSAGE, which names the rule that was broken
 */
export function parseMessage(payload: Uint8Array): ParsedMessage {
  if (payload.length > maxMessageBytes) {
    throw new ProtocolError(
      'MESSAGE',
      `a message has at most ${maxMessageBytes} bytes, this one ${payload.length}`,
    );
  }
  return payload[0] === coseFirstByte ? parseCose(payload) : parseJson(payload);
}

function parseCose(payload: Uint8Array): ParsedMessage {
  const { message: value, ...signed } = readCose(payload);
  return { profile: 'cose', message: judgeBySchema('readings', value), ...signed };
}

function parseJson(payload: Uint8Array): ParsedMessage {
  let text: string;
  try {
    text = decodeUtf8(payload);
  } catch (cause) {
    throw new ProtocolError('MESSAGE', 'not UTF-8', { cause });
  }
  const message = readCommonMessage(text) ?? readBySchema(text);
  let signature: Uint8Array;
  try {
    signature = decodeBase64url(message.sig);
  } catch (cause) {
    throw new ProtocolError('MESSAGE', 'sig: not unpadded base64url', { cause });
  }
  return { profile: 'json', message, signature, signedBytes: withoutSignature(payload, message.time) };
}

/** The bytes that a message's signature is over. */
export function signingInput(unsigned: UnsignedMessage): Uint8Array {
  return utf8ToBytes(messageContext + canonicalize(unsigned));
}

/** Signs a message and returns its payload, the bytes that are published. */
export function signMessage(message: UnsignedMessage, sign: (input: Uint8Array) => Uint8Array): Uint8Array {
  const sig = encodeBase64url(sign(signingInput(message)));
  return utf8ToBytes(canonicalize({ ...message, sig }));
}

const contextBytes = utf8ToBytes(messageContext);
const signatureMember = `"sig":"${'A'.repeat(86)}",`.length;

/** A canonical payload less its `sig` member, which only `time` and `v` follow, behind the context. */
function withoutSignature(payload: Uint8Array, time: number): Uint8Array {
  const after = payload.length - `"time":${time},"v":1}`.length;
  const before = after - signatureMember;
  const signed = new Uint8Array(contextBytes.length + payload.length - signatureMember);
  signed.set(contextBytes);
  signed.set(payload.subarray(0, before), contextBytes.length);
  signed.set(payload.subarray(after), contextBytes.length + before);
  return signed;
}
