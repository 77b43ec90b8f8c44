/** A text in both languages of the product. */
export type Bilingual = { zh: string; en: string };
