import { type Language, sayIn } from '../show/language.ts';

/** The server chose it and wrote the page in it. */
export const language: Language = document.documentElement.lang.startsWith('en') ? 'en' : 'zh';

export const say = sayIn(language);
