import { isUscc, parseGtin } from '@tianyuan/protocol';
import type { Amount, Uom } from '../../genealogy/amount.ts';

/** `from` their values, undefined where they cannot be read; `to` their values again, in their own form. */
type Converter = { from: (values: readonly unknown[]) => unknown; to: (value: never) => unknown[] };

const text: Converter = {
  from: ([value]) => (typeof value === 'string' && value.length <= 500 ? value : undefined),
  to: (value: string) => [value],
};

const uscc: Converter = {
  from: ([value]) => (typeof value === 'string' && isUscc(value) ? value : undefined),
  to: (value: string) => [value],
};

const gtin: Converter = {
  from([value]) {
    if (typeof value !== 'string') return undefined;
    try {
      return parseGtin(value);
    } catch {
      return undefined;
    }
  },
  to: (value: string) => [value],
};

/** `2026-11-18` */
const date: Converter = {
  from: ([value]) =>
    typeof value === 'string' && readBeijing(`${value} 00:00:00`) !== undefined ? value : undefined,
  to: (value: string) => [value],
};

/** `2026-11-18 07:30:00`, China Standard Time without saying so, to Unix ms. China has had no other time since 1991. */
const beijingTime: Converter = {
  from: ([value]) => (typeof value === 'string' ? readBeijing(value) : undefined),
  to: (value: number) => [formatBeijing(value)],
};

const quantity: Converter = { from: ([amount, unit]) => readQuantity(amount, unit), to: formatQuantity };

export const converterNames = ['text', 'uscc', 'gtin', 'date', 'beijing-time', 'quantity'] as const;

export const converters: Record<(typeof converterNames)[number], Converter> = {
  text,
  uscc,
  gtin,
  date,
  'beijing-time': beijingTime,
  quantity,
};

const beijingOffsetMs = 8 * 3600_000;

function readBeijing(value: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)) return undefined;
  const time = Date.parse(`${value.replace(' ', 'T')}Z`) - beijingOffsetMs;
  // Date.parse takes 31 June for 1 July.
  return Number.isNaN(time) || formatBeijing(time) !== value ? undefined : time;
}

function formatBeijing(time: number): string {
  return new Date(time + beijingOffsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** Their unit, with its decimal places in ours. */
const units: Record<string, { uom: Uom; places: number }> = {
  g: { uom: 'GRM', places: 0 },
  kg: { uom: 'GRM', places: 3 },
  t: { uom: 'GRM', places: 6 },
  个: { uom: 'H87', places: 0 },
  件: { uom: 'H87', places: 0 },
};

function readQuantity(amount: unknown, unit: unknown): Amount | undefined {
  const known = typeof unit === 'string' && Object.hasOwn(units, unit) ? units[unit] : undefined;
  const written = typeof amount === 'number' ? String(amount) : amount;
  if (known === undefined || typeof written !== 'string') return undefined;
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(written);
  const fraction = (match?.[2] ?? '').replace(/0+$/, '');
  if (match === null || fraction.length > known.places) return undefined;
  const whole = Number(`${match[1]}${fraction.padEnd(known.places, '0')}`);
  return Number.isSafeInteger(whole) ? { quantity: whole, uom: known.uom } : undefined;
}

function formatQuantity({ quantity: amount, uom }: Amount): [string, string] {
  if (uom === 'H87') return [String(amount), '个'];
  const digits = String(amount).padStart(4, '0');
  const fraction = digits.slice(-3).replace(/0+$/, '');
  return [`${digits.slice(0, -3)}${fraction === '' ? '' : `.${fraction}`}`, 'kg'];
}
