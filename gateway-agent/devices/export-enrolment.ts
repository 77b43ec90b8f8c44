import { encodeBase64 } from '@tianyuan/protocol';
import { readSetting, type Store } from '../keep/store.ts';

/** What `chain enrol` takes, in the order in which it is done: keys, rotations, revocations. */
export type EnrolmentExport = {
  devices: { device: string; key: number; publicKey: string }[];
  rotations: {
    device: string;
    key: number;
    /** of the key that hands over, and of the one that takes over under the next number */
    oldPublicKey: string;
    publicKey: string;
    lastBoot: number;
    lastSeq: number;
  }[];
  revocations: { device: string; publicKey: string; cuts: { origin: string; fromIndex: number }[] }[];
};

/** Everything that this gateway wants DeviceRegistry to hold; what is there already is passed over by who takes it. */
export function exportEnrolment(store: Store): EnrolmentExport {
  const { sqlite } = store;
  const keys = sqlite
    .prepare(
      `SELECT device, key, public_key AS publicKey FROM device_keys k WHERE source = 'owner' AND NOT EXISTS (
         SELECT 1 FROM registry_requests r WHERE r.new_public_key = k.public_key) ORDER BY device, key`,
    )
    .all() as { device: string; key: number; publicKey: Buffer }[];
  const requests = sqlite
    .prepare(
      `SELECT kind, device, key, public_key AS publicKey, new_public_key AS newPublicKey, last_boot AS lastBoot,
         last_seq AS lastSeq, from_index AS fromIndex FROM registry_requests ORDER BY id`,
    )
    .all() as {
    kind: 'enrol' | 'rotate' | 'revoke';
    device: string;
    key: number;
    publicKey: Buffer;
    newPublicKey: Buffer;
    lastBoot: number;
    lastSeq: number;
    fromIndex: number | null;
  }[];
  const origin = readSetting(store, 'origin');
  return {
    devices: keys.map(({ device, key, publicKey }) => ({ device, key, publicKey: encodeBase64(publicKey) })),
    rotations: requests
      .filter(({ kind }) => kind === 'rotate')
      .map(({ device, key, publicKey, newPublicKey, lastBoot, lastSeq }) => ({
        device,
        key,
        oldPublicKey: encodeBase64(publicKey),
        publicKey: encodeBase64(newPublicKey),
        lastBoot,
        lastSeq,
      })),
    revocations: requests
      .filter(({ kind }) => kind === 'revoke')
      .map(({ device, publicKey, fromIndex }) => ({
        device,
        publicKey: encodeBase64(publicKey),
        cuts: fromIndex === null || origin === undefined ? [] : [{ origin, fromIndex }],
      })),
  };
}
