import { encodeBase64, publicKeyOf } from '@tianyuan/protocol';
import { z } from 'zod';
import { replaceFile } from './replace-file.ts';
import type { DeviceRecord } from './state/device-records.ts';

/** What a gateway has to know of devices before it hears them; the shape of `enrolment.json`. */
export const enrolmentSchema = z.array(
  z.strictObject({
    /** id, MQTT user name and topic segment */
    device: z.string(),
    /** number of the key, from 1 */
    key: z.int().min(1),
    /** the 32-byte Ed25519 public key in base64 with padding */
    publicKey: z.base64().length(44),
    /** the MQTT password */
    token: z.base64url().length(43),
  }),
);

export type Enrolment = z.infer<typeof enrolmentSchema>;

export function enrolmentOf(records: readonly DeviceRecord[]): Enrolment {
  return records.map(({ id, key, secret_key, token }) => ({
    device: id,
    key,
    publicKey: encodeBase64(publicKeyOf(secret_key)),
    token,
  }));
}

/** Readable by its owner only, since tokens are passwords. */
export function writeEnrolment(file: string, enrolment: Enrolment): void {
  replaceFile(file, `${JSON.stringify(enrolment, null, 2)}\n`, 0o600);
}
