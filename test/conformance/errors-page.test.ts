import { fileURLToPath } from 'node:url';
import { errors } from '@tianyuan/trace-api/errors.ts';
import { expect, test } from 'vitest';
import { errorsPage } from './errors-page.ts';

const page = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

// `npm test -- errors-page -u` writes the page again.
test('docs/errors.md says what trace-api/errors.ts says', async () => {
  await expect(errorsPage()).toMatchFileSnapshot(page);
});

test('a code has one name, and a name one code', () => {
  const all = Object.values(errors);
  const pairs = new Set(all.map(({ code, name }) => `${code} ${name}`));
  expect(pairs.size).toBe(new Set(all.map(({ code }) => code)).size);
  expect(pairs.size).toBe(new Set(all.map(({ name }) => name)).size);
});
