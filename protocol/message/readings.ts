import * as z from 'zod';
import { type QuantityName, quantityNames } from '../data-dictionary.ts';
import { integer, natural, sensorName } from './fields.ts';

export const maxReadings = 64;

/** One reading; `value` in the data dictionary's scaled unit, `[latitude, longitude]` for gps. */
export type Reading = {
  sensor?: string | undefined;
  type: QuantityName;
  value: number | [number, number];
  /** ms before the message's `time` */
  dt?: number | undefined;
};

// Members stand in RFC 8785's order, and zod builds its output in the schema's: see canonicalText.
const scalarReadingSchema = z.strictObject({
  dt: natural.optional(),
  sensor: sensorName.optional(),
  type: z.enum(quantityNames.filter((name) => name !== 'gps')),
  value: integer,
});

const gpsReadingSchema = z.strictObject({
  dt: natural.optional(),
  sensor: sensorName.optional(),
  type: z.literal('gps'),
  value: z.tuple([integer, integer]),
});

/** A position is withheld alone, so it never shares a message with other readings. */
export const readingsSchema = z.union([
  z.array(scalarReadingSchema).min(1).max(maxReadings),
  z.array(gpsReadingSchema).min(1).max(maxReadings),
]);
