import { and, asc, eq, gt } from 'drizzle-orm';
import {
  decodeBase64,
  deviceIdSchema,
  encodeBase64,
  equalBytes,
  isAcceptablePublicKey,
} from '@tianyuan/protocol';
import { z } from 'zod';
import { GatewayError } from '../gateway-error.ts';
import { deviceKeys, devices } from '../keep/schema.ts';
import type { Store } from '../keep/store.ts';
import { requestRegistration } from './request-registration.ts';
import { hashToken } from './token.ts';

/** One line of an enrolment file: `publicKey` base64 of 32 bytes, `token` the device's MQTT password. */
export const enrolmentSchema = z.object({
  device: deviceIdSchema,
  key: z.int().min(1),
  publicKey: z.string(),
  token: z.string().min(16),
});

export type Enrolment = z.infer<typeof enrolmentSchema>;

/**
 * Enrols a device, or gives it a further key or a new token. Idempotent.
 * @throws GatewayError DEVICE, naming the device and the rule
 */
export function enrolDevice(store: Store, { device, key, publicKey, token }: Enrolment, now: number): void {
  const keyBytes = parsePublicKey(device, publicKey);
  store.db.transaction((tx) => {
    const tokenHash = hashToken(Buffer.from(token, 'utf8'));
    tx.insert(devices)
      .values({ device, tokenHash, enrolledAt: now })
      .onConflictDoUpdate({ target: devices.device, set: { tokenHash } })
      .run();
    const taken = tx.select().from(deviceKeys).where(eq(deviceKeys.publicKey, keyBytes)).get();
    if (taken !== undefined && (taken.device !== device || taken.key !== key)) {
      throw new GatewayError(
        'DEVICE',
        `${device}: this public key is already key ${taken.key} of ${taken.device}`,
      );
    }
    const named = tx
      .select()
      .from(deviceKeys)
      .where(and(eq(deviceKeys.device, device), eq(deviceKeys.key, key)))
      .get();
    if (named !== undefined && !equalBytes(named.publicKey, keyBytes)) {
      throw new GatewayError(
        'DEVICE',
        `${device}: key ${key} is enrolled with another public key; use the next number`,
      );
    }
    if (named !== undefined) return;
    tx.insert(deviceKeys).values({ device, key, publicKey: keyBytes }).run();
    requestRegistration(store, { kind: 'enrol', device, key, publicKey: keyBytes }, now);
  });
}

export function listDevices({
  db,
}: Store): { device: string; key: number; publicKey: string; revoked: boolean }[] {
  return db
    .select()
    .from(deviceKeys)
    .where(gt(deviceKeys.key, 0))
    .orderBy(asc(deviceKeys.device), asc(deviceKeys.key))
    .all()
    .map((row) => ({
      device: row.device,
      key: row.key,
      publicKey: encodeBase64(row.publicKey),
      revoked: row.revoked,
    }));
}

/**
 * 32 bytes from base64.
 * @throws GatewayError DEVICE
 */
export function parsePublicKey(device: string, text: string): Buffer {
  let bytes: Uint8Array | undefined;
  try {
    bytes = decodeBase64(text);
  } catch {
    // said below
  }
  if (bytes === undefined || !isAcceptablePublicKey(bytes)) {
    throw new GatewayError(
      'DEVICE',
      `${device}: the public key is no acceptable Ed25519 key (base64 of 32 bytes)`,
    );
  }
  return Buffer.from(bytes);
}
