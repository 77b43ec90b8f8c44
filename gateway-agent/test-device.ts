import {
  type Body,
  type Reading,
  type UnsignedEnvelope,
  type UnsignedReadings,
  encodeBase64,
  newSecretKey,
  publicKeyOf,
  signCoseMessage,
  signEd25519,
  signMessage,
} from '@tianyuan/protocol';
import type { Keyring } from './accept/verify-message.ts';
import { keyName } from './accept/verify-message.ts';
import type { Enrolment } from './devices/device-register.ts';

/** A device as tests have it: everything that it knows, and what its gateway was told of it. */
export type TestDevice = { id: string; token: string; secretKey: Uint8Array; publicKey: Uint8Array };

export function newTestDevice(id: string): TestDevice {
  const secretKey = newSecretKey();
  return { id, token: `the-token-of-${id}`, secretKey, publicKey: publicKeyOf(secretKey) };
}

export function enrolmentOf({ id, token, publicKey }: TestDevice): Enrolment {
  return { device: id, key: 1, publicKey: encodeBase64(publicKey), token };
}

/** The keys of these devices, numbered from 1. */
export function keyringOf(...devices: TestDevice[]): Keyring {
  return new Map(
    devices.map(({ id, publicKey }, i) => [
      keyName(id, 1),
      { id: i + 1, device: id, key: 1, publicKey, revoked: false },
    ]),
  );
}

/** What is not told is of boot 1, signed now, and says 4 °C. */
export function signedMessage(
  device: TestDevice,
  told: Partial<Omit<UnsignedReadings, 'v' | 'device'>> & { seq: number; value?: number },
): Buffer {
  const { value = 4_000, ...fields } = told;
  const readings: Reading[] = [{ type: 'temperature', value }];
  return signedBody(device, { readings, ...fields });
}

/** The same in the COSE profile. */
export function signedCose(device: TestDevice, told: { seq: number; value?: number }): Buffer {
  const { value = 4_000, seq } = told;
  const readings: Reading[] = [{ type: 'temperature', value }];
  const message = { v: 1, device: device.id, key: 1, boot: 1, seq, time: Date.now(), readings } as const;
  return Buffer.from(signCoseMessage(message, (input) => signEd25519(device.secretKey, input)));
}

/** A message with any body. */
export function signedBody(
  device: TestDevice,
  told: Partial<Omit<UnsignedEnvelope, 'v' | 'device'>> & { seq: number } & Body,
): Buffer {
  const message = { v: 1, device: device.id, key: 1, boot: 1, time: Date.now(), ...told } as const;
  return Buffer.from(signMessage(message, (input) => signEd25519(device.secretKey, input)));
}
