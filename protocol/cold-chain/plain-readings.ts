import { type QuantityName, isInRange } from '../data-dictionary.ts';
import type { Message } from '../message/message.ts';

/** A reading with its own time, device time in Unix ms. `sensor` is empty where the device does not name it. */
export type PlainReading = { type: QuantityName; sensor: string; time: number; value: number };

/**
 * The readings of a message that curves, excursions and shelf lives are made of: no positions, and nothing beyond what
 * its quantity can physically be. That a message was flagged CLOCK_SKEW is for whoever judged it to say.
 */
export function plainReadings(message: Message): PlainReading[] {
  if (!('readings' in message)) return [];
  return message.readings.flatMap(({ type, value, dt = 0, sensor = '' }) =>
    typeof value === 'number' && isInRange(type, value)
      ? [{ type, sensor, time: message.time - dt, value }]
      : [],
  );
}
