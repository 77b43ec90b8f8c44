import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { Language } from './language.ts';

/** `?lang=` wins, then Accept-Language, then Chinese. Any region or script of a language will do (RFC 4647 3.4). */
export function languageOf(c: Context): Language {
  const asked = c.req.query('lang');
  if (asked === 'zh' || asked === 'en') return asked;
  return accepts(c, {
    header: 'Accept-Language',
    supports: ['zh', 'en'],
    default: 'zh',
    match: (ranges) =>
      ranges
        .filter(({ q }) => q > 0)
        .toSorted((a, b) => b.q - a.q)
        .map(({ type }) => type.toLowerCase().split('-')[0])
        .find((primary) => primary === 'zh' || primary === 'en') ?? 'zh',
  }) as Language;
}
