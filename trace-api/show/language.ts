import type { Bilingual } from '../bilingual.ts';

export type Language = 'zh' | 'en';

/** Picks the reader's half of a text that is written in both languages, Chinese first. */
export type Say = (zh: string, en: string) => string;

export const sayIn =
  (language: Language): Say =>
  (zh, en) =>
    language === 'zh' ? zh : en;

export const inLanguage = (text: Bilingual, language: Language): string => text[language];

/** What `<html lang>` and `Content-Language` say. */
export const languageTags = { zh: 'zh-CN', en: 'en' } as const satisfies Record<Language, string>;

const counts = new Intl.NumberFormat('en');

/** 5,760 in both languages. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** "1 reading", "5,760 readings": the noun is an English one with a plural in s. */
export function amount(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
