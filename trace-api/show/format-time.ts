import type { Language } from './language.ts';

/** Where readers are; said on every page that shows a time. */
const timeZone = 'Asia/Shanghai';

const furthest = 8.64e15; // ECMA-262 21.4.1.1; a signed message may claim a time beyond it

const locales = { zh: 'zh-CN', en: 'en-GB' } as const;

const parts = {
  date: { year: 'numeric', month: 'long', day: 'numeric' },
  minute: { year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit' },
  second: { dateStyle: 'long', timeStyle: 'medium' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const formats = new Map<string, Intl.DateTimeFormat>();

/** A Unix time in ms as a reader in China writes it, in either language. */
export function formatTime(time: number, language: Language, detail: keyof typeof parts = 'minute'): string {
  if (Math.abs(time) > furthest) return String(time);
  const key = `${language} ${detail}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locales[language], { ...parts[detail], timeZone, hour12: false });
    formats.set(key, format);
  }
  return format.format(time);
}

/** The same instant in UTC, for a machine and for a tooltip. */
export function utcTime(time: number): string {
  return Math.abs(time) > furthest ? String(time) : new Date(time).toISOString();
}
