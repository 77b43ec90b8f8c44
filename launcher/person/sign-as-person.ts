import {
  type Body,
  type Rotation,
  type UnsignedMessage,
  encodeBase64url,
  parseMessage,
  proveRotation,
  signMessage,
} from '@tianyuan/protocol';
import { LauncherError } from '../launcher-error.ts';
import { nextBoot } from './next-boot.ts';
import type { PersonKey } from './person-key.ts';

/** A message of a person under the next boot of the key file. @throws LauncherError where it would not be well-formed */
export function signAsPerson(
  keyFile: string,
  { person, key, sign }: PersonKey,
  body: Body,
  batch?: string,
): Uint8Array {
  const unsigned = (boot: number): UnsignedMessage => ({
    v: 1,
    device: person,
    key,
    boot,
    seq: 1,
    time: Date.now(),
    ...(batch !== undefined && { batch }),
    ...body,
  });
  // Tried without a signature first: what is malformed uses no number up.
  try {
    parseMessage(signMessage(unsigned(1), () => new Uint8Array(64)));
  } catch (cause) {
    throw new LauncherError(`this cannot be a message: ${(cause as Error).message}`, { cause });
  }
  return signMessage(unsigned(nextBoot(keyFile)), sign);
}

/** That `fresh` follows `old`: a message under the old key that names itself as its last. */
export function signRotation(
  keyFile: string,
  old: PersonKey,
  fresh: PersonKey,
): { payload: Uint8Array; rotation: Rotation } {
  const boot = nextBoot(keyFile);
  const rotation = proveRotation(
    {
      device: old.person,
      key: fresh.key,
      lastBoot: boot,
      lastSeq: 1,
      publicKey: encodeBase64url(fresh.publicKey),
    },
    fresh.sign,
  );
  const unsigned: UnsignedMessage = {
    v: 1,
    device: old.person,
    key: old.key,
    boot,
    seq: 1,
    time: Date.now(),
    rotation,
  };
  return { payload: signMessage(unsigned, old.sign), rotation };
}
