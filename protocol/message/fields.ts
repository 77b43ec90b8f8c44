import * as z from 'zod';

// The fields of which the bodies of a message are made.

export const integer = z.int(); // safe integers only
export const counting = integer.min(1);
export const natural = integer.min(0);

/** Also the MQTT identity and a topic segment, hence no slash, no wildcard and no dot segments. */
export const deviceIdSchema = z
  .string()
  .regex(/^[a-z0-9._-]{1,64}$/)
  .refine((id) => id !== '.' && id !== '..');

export const sensorName = z.string().regex(/^[a-z0-9._-]{1,64}$/);

/** 1 to `max` UTF-16 units of anything that UTF-8 can say. */
export const textOf = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed(), 'a lone surrogate');

/** SHA-256 in lower-case hex, as sha256sum prints it. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** The objects that evidence is about. Ids are the owner's own. */
export const thingKinds = ['batch', 'box', 'device', 'room', 'truck'] as const;

export type ThingKind = (typeof thingKinds)[number];
