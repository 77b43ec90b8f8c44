import { html } from 'hono/html';
import { expect, test } from 'vitest';
import type { ExcursionMark } from '../batches/batch-view.ts';
import { excursionNote } from './excursion-note.ts';

const mark: ExcursionMark = {
  device: 'truck-07',
  type: 'temperature',
  rule: 'warm',
  kind: 'above',
  limit: 8_000,
  from: Date.UTC(2026, 4, 2, 2),
  until: Date.UTC(2026, 4, 2, 3),
  extreme: 9_600,
  index: 12,
};

const text = async (marks: ExcursionMark[], language: 'zh' | 'en') =>
  (await html`${excursionNote(marks, language)}`)
    .toString()
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

test('says when, how far and what was agreed, in both languages', async () => {
  expect(await text([mark], 'zh')).toMatch(/^冷链超出 1 次.*高于 8 °C：.*10:00 至 .*11:00，最高 9\.6 °C$/);
  expect(await text([mark], 'en')).toMatch(
    /^1 cold-chain excursion .*above 8 °C: .*10:00 to .*11:00, up to 9\.6 °C$/,
  );
});

test('says that one lasts, and of many the longest ones', async () => {
  const lasting = { ...mark, until: null };
  expect(await text([lasting], 'en')).toContain('not over yet');
  const many = Array.from({ length: 5 }, (_, i) => ({ ...mark, until: mark.from + i * 1000 }));
  expect(await text([...many, lasting], 'en')).toMatch(
    /^6 cold-chain excursions .*not over yet.*and 3 more$/,
  );
});

test('says what fell below, and nothing where nothing was', async () => {
  expect(await text([{ ...mark, kind: 'below', limit: 3_000, extreme: -500 }], 'en')).toMatch(
    /below 3 °C.*down to −?-?0\.5 °C/,
  );
  expect(await text([], 'zh')).toBe('');
});
