import { deviceIdSchema, quantityNames } from '@tianyuan/protocol';
import { z } from 'zod';

const dayMs = 86_400_000;

/** A calibration certificate of one sensor. The certificate itself stays with its owner; its hash is what is logged. */
export const calibrationSchema = z
  .strictObject({
    device: deviceIdSchema,
    /** empty where the device has one sensor of the quantity and its messages do not name it */
    sensor: z
      .string()
      .regex(/^[a-z0-9._-]{0,64}$/, 'lower-case letters, digits, dot, dash, underscore; at most 64'),
    type: z.enum(quantityNames),
    /** SHA-256 of the certificate, 64 hex digits */
    certificate: z.string().regex(/^[0-9a-f]{64}$/, 'not the 64 hex digits of a SHA-256'),
    issuer: z
      .string()
      .min(1)
      .max(200)
      .refine((issuer) => issuer.isWellFormed()),
    /** Unix ms; valid from the one up to and without the other */
    validFrom: z.int().min(0),
    validUntil: z.int().min(0),
  })
  .refine(({ validFrom, validUntil }) => validFrom < validUntil, {
    path: ['validUntil'],
    error: 'a certificate ends after it begins',
  });

export type Calibration = z.infer<typeof calibrationSchema>;

/** Which sensor is meant. */
export type SensorName = Pick<Calibration, 'device' | 'sensor' | 'type'>;

/** `none`: nobody ever certified it. `expired`: somebody did, and not for this moment. */
export type CalibrationState = 'calibrated' | 'expired' | 'none';

/** What the certificates of one sensor say of a moment. Pure. */
export function calibrationState(certificates: readonly Calibration[], at: number): CalibrationState {
  if (certificates.length === 0) return 'none';
  return certificates.some(({ validFrom, validUntil }) => validFrom <= at && at < validUntil)
    ? 'calibrated'
    : 'expired';
}

/** `truck-7/probe-2/temperature`, or `truck-7/temperature` where the sensor has no name. */
export function sensorText({ device, sensor, type }: SensorName): string {
  return sensor === '' ? `${device}/${type}` : `${device}/${sensor}/${type}`;
}

/**
 * A day as certificates have them, `2026-05-01`, as Unix ms: the day's begin in UTC, or its end for the last valid day.
 * Undefined for anything that is no day.
 */
export function parseDay(text: string, end = false): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) return undefined;
  return end ? at + dayMs : at;
}
