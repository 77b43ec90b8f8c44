import type { Language } from '../show/language.ts';

/** UN/ECE Recommendation 20: grams and pieces. Whole numbers only, so kilograms (KGM) are said in grams. */
export const uoms = ['GRM', 'H87'] as const;

export type Uom = (typeof uoms)[number];
export type Amount = { quantity: number; uom: Uom };

/** For refusals: `12500 GRM`. */
export const sayAmount = ({ quantity, uom }: Amount): string => `${quantity} ${uom}`;

const kilograms = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });
const pieces = new Intl.NumberFormat('en');

/** For readers: `12.5 kg`, `40 件`. */
export function sayQuantity({ quantity, uom }: Amount, language: Language): string {
  if (uom === 'GRM') return `${kilograms.format(quantity / 1000)} kg`;
  return language === 'zh' ? `${pieces.format(quantity)} 件` : `${pieces.format(quantity)} pcs`;
}
