import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { dataDictionaryPage } from './data-dictionary-page.ts';

const page = fileURLToPath(new URL('../../docs/data-dictionary.md', import.meta.url));

// `npm test -- data-dictionary-page -u` writes the page again.
test('docs/data-dictionary.md says what protocol/data-dictionary.ts says', async () => {
  await expect(dataDictionaryPage()).toMatchFileSnapshot(page);
});
