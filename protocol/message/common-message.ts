import { type QuantityName, quantityNames } from '../data-dictionary.ts';
import type { Message } from './message.ts';
import { type Reading, maxReadings } from './readings.ts';

// What nearly every payload is: readings, canonical, written without an escape. Reading it in one pass takes a fifth of
// the time of JSON.parse, schema, JSON.stringify and comparison, which readBySchema does with all the rest. So nothing
// is refused here: whatever is unusual is left to the schema, and what is taken, the schema would take as the same.

/** A place in a text. Every reader moves it past what it took; after one that failed it is of no use any more. */
type Cursor = { readonly text: string; at: number };

const none = -1;
const nothing = Number.NaN;
const typeNames = new Map<string, QuantityName>(quantityNames.map((name) => [name, name]));
const plainName = /^[a-z0-9._-]{1,64}$/;
const maxBatch = 64;
const signatureLength = 86;

/** A message with readings that is its own canonical form, or undefined where this is not so or not plain to see. */
export function readCommonMessage(text: string): Message | undefined {
  const cursor = { text, at: 0 };
  const batch = take(cursor, '{"batch":"') ? takeText(cursor, maxBatch) : '';
  if (batch === undefined || !take(cursor, batch === '' ? '{"boot":' : ',"boot":')) return undefined;
  const boot = takeInteger(cursor);
  if (!take(cursor, ',"device":"')) return undefined;
  const device = takeText(cursor, 64);
  if (device === undefined || !plainName.test(device) || device === '.' || device === '..') return undefined;
  if (!take(cursor, ',"key":')) return undefined;
  const key = takeInteger(cursor);
  if (!take(cursor, ',"readings":')) return undefined;
  const readings = takeReadings(cursor);
  if (readings === undefined || !take(cursor, ',"seq":')) return undefined;
  const seq = takeInteger(cursor);
  if (!take(cursor, ',"sig":"')) return undefined;
  const sig = takeText(cursor, signatureLength);
  if (sig?.length !== signatureLength || !take(cursor, ',"time":')) return undefined;
  const time = takeInteger(cursor);
  if (!take(cursor, ',"v":1}') || cursor.at !== text.length) return undefined;
  if (!(boot >= 1 && key >= 1 && seq >= 1 && time >= 0)) return undefined; // NaN included
  const rest = { boot, device, key, readings, seq, sig, time, v: 1 } as const;
  return batch === '' ? rest : { batch, ...rest };
}

function takeReadings(cursor: Cursor): Reading[] | undefined {
  if (!take(cursor, '[')) return undefined;
  const readings: Reading[] = [];
  do {
    const reading = takeReading(cursor);
    if (reading === undefined || readings.length === maxReadings) return undefined;
    // positions are alone among themselves
    if (readings.length > 0 && (reading.type === 'gps') !== (readings[0]!.type === 'gps')) return undefined;
    readings.push(reading);
  } while (take(cursor, ','));
  return take(cursor, ']') ? readings : undefined;
}

function takeReading(cursor: Cursor): Reading | undefined {
  if (!take(cursor, '{')) return undefined;
  let dt = none;
  if (take(cursor, '"dt":')) {
    dt = takeInteger(cursor);
    if (!(dt >= 0) || !take(cursor, ',')) return undefined;
  }
  let sensor: string | undefined;
  if (take(cursor, '"sensor":"')) {
    sensor = takeText(cursor, 64);
    if (sensor === undefined || !plainName.test(sensor) || !take(cursor, ',')) return undefined;
  }
  if (!take(cursor, '"type":"')) return undefined;
  const type = typeNames.get(takeText(cursor, 64) ?? '');
  if (type === undefined || !take(cursor, ',"value":')) return undefined;
  const value = type === 'gps' ? takePosition(cursor) : takeInteger(cursor);
  if (value === undefined || Number.isNaN(value) || !take(cursor, '}')) return undefined;
  if (sensor !== undefined) return dt === none ? { sensor, type, value } : { dt, sensor, type, value };
  return dt === none ? { type, value } : { dt, type, value };
}

function takePosition(cursor: Cursor): [number, number] | undefined {
  if (!take(cursor, '[')) return undefined;
  const latitude = takeInteger(cursor);
  if (!take(cursor, ',')) return undefined;
  const longitude = takeInteger(cursor);
  return take(cursor, ']') && !Number.isNaN(latitude + longitude) ? [latitude, longitude] : undefined;
}

function take(cursor: Cursor, literal: string): boolean {
  if (!cursor.text.startsWith(literal, cursor.at)) return false;
  cursor.at += literal.length;
  return true;
}

/** A safe integer in the only form that RFC 8785 gives it, or NaN. */
function takeInteger(cursor: Cursor): number {
  const { text } = cursor;
  let at = cursor.at;
  const negative = text.charCodeAt(at) === 0x2d;
  if (negative) at++;
  const first = at;
  let n = 0;
  for (let digit = text.charCodeAt(at) - 0x30; digit >= 0 && digit <= 9; digit = text.charCodeAt(at) - 0x30) {
    n = n * 10 + digit; // exact as long as it is safe, and beyond 2^53 for good once it is
    at++;
  }
  const digits = at - first;
  const leadingZero = digits > 1 && text.charCodeAt(first) === 0x30;
  if (digits === 0 || digits > 16 || leadingZero || n > Number.MAX_SAFE_INTEGER) return nothing;
  if (negative && n === 0) return nothing;
  cursor.at = at;
  return negative ? -n : n;
}

/**
 * 1 to `max` characters up to the closing quote, which is taken too. Undefined for none, for what JSON escapes, and for
 * surrogates, which might be alone.
 */
function takeText(cursor: Cursor, max: number): string | undefined {
  const { text, at } = cursor;
  const end = text.indexOf('"', at);
  if (end <= at || end - at > max) return undefined;
  for (let i = at; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) return undefined;
  }
  cursor.at = end + 1;
  return text.slice(at, end);
}
