// Each verifying thread loads what this file does, so it names the modules: with all of the protocol, proofs and chains
// included, two threads took 116 MB after their start, with these 90.
import { maxMessageBytes, parseMessage } from '@tianyuan/protocol/message/message.ts';
import type { Reading } from '@tianyuan/protocol/message/readings.ts';
import { type Rotation, isRotationProven } from '@tianyuan/protocol/message/rotation.ts';
import { ProtocolError } from '@tianyuan/protocol/protocol-error.ts';
import { type PackedReadings, packReadings } from '../rules/packed-readings.ts';

/** An enrolled key as accept needs it. `id` is the store's number for it. */
export type DeviceKey = {
  id: number;
  device: string;
  key: number;
  publicKey: Uint8Array;
  revoked: boolean;
  /** the last message of it that counts, where another key took over */
  last?: { boot: number; seq: number } | undefined;
};

/** The keys of all devices, by {@link keyName}. */
export type Keyring = ReadonlyMap<string, DeviceKey>;

export type VerifiedMessage = {
  code: 'VERIFIED';
  keyId: number;
  boot: number;
  seq: number;
  /** the device's own clock, Unix ms */
  time: number;
  /** the device's own next key, which this one hands over to */
  rotation?: Rotation;
  /** the batch that the device says it carries */
  batch?: string | undefined;
  /** for the validity rules, which need what the store knows */
  readings: PackedReadings;
};

export type RefusedMessage = {
  code: 'TOO_LARGE' | 'IDENTITY_MISMATCH' | 'MALFORMED' | 'UNKNOWN_DEVICE' | 'REVOKED_KEY' | 'BAD_SIGNATURE';
  detail: string;
};

export type Verdict = VerifiedMessage | RefusedMessage;

export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

export function keyName(device: string, key: number): string {
  return `${device}/${key}`;
}

/**
 * Everything about a message that can be decided without the store, in the protocol's order. Pure but for `verify`.
 * @param identity the MQTT identity under which the message came
 */
export function verifyMessage(
  payload: Uint8Array,
  identity: string,
  keyring: Keyring,
  verify: VerifySignature,
): Verdict {
  if (payload.length > maxMessageBytes) {
    return { code: 'TOO_LARGE', detail: `${payload.length} bytes, at most ${maxMessageBytes} are allowed` };
  }
  let parsed;
  try {
    parsed = parseMessage(payload);
  } catch (error) {
    if (error instanceof ProtocolError) return { code: 'MALFORMED', detail: error.message };
    throw error;
  }
  const { message, signature, signedBytes } = parsed;
  if (message.device !== identity) {
    return { code: 'IDENTITY_MISMATCH', detail: `signed as ${message.device}, connected as ${identity}` };
  }
  const key = keyring.get(keyName(message.device, message.key));
  if (key === undefined) {
    return { code: 'UNKNOWN_DEVICE', detail: `no key ${message.key} of ${message.device} is enrolled` };
  }
  if (key.revoked)
    return { code: 'REVOKED_KEY', detail: `key ${message.key} of ${message.device} is revoked` };
  const { last } = key;
  if (
    last !== undefined &&
    (message.boot > last.boot || (message.boot === last.boot && message.seq > last.seq))
  ) {
    return {
      code: 'REVOKED_KEY',
      detail: `key ${message.key} of ${message.device} ended with message ${last.seq} of boot ${last.boot}: a newer key took over`,
    };
  }
  if (!verify(key.publicKey, signedBytes, signature)) {
    return { code: 'BAD_SIGNATURE', detail: `does not fit key ${message.key} of ${message.device}` };
  }
  if ('rotation' in message && !isRotationProven(message.rotation, verify)) {
    return {
      code: 'BAD_SIGNATURE',
      detail: `the new key of ${message.rotation.device} did not sign its rotation`,
    };
  }
  const { boot, seq, time, batch } = message;
  // What other bodies say is for who knows roles and batches; here they are evidence of who said it.
  const readings: Reading[] = 'readings' in message ? message.readings : [];
  const rotation = 'rotation' in message ? message.rotation : undefined;
  // Another device's is for who knows roles, and a number that does not follow was answered by another key.
  const isOwn = rotation?.device === message.device && rotation.key === message.key + 1;
  return {
    code: 'VERIFIED',
    keyId: key.id,
    boot,
    seq,
    time,
    batch,
    ...(isOwn && { rotation }),
    readings: packReadings(readings),
  };
}
