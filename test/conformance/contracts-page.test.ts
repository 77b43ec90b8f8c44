import { readFileSync } from 'node:fs';
import { answered } from '@tianyuan/contracts/analysis/answered.ts';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../docs/contracts.md', import.meta.url), 'utf8');

/** The cells of the table's rows under a heading row. */
function tableUnder(heading: string): string[][] {
  const [, rest = ''] = page.split(`\n${heading}\n`);
  const rows = rest.split('\n').slice(1);
  return rows.slice(0, rows.indexOf('')).map((row) => row.slice(2, -2).split(' | '));
}

test('the answers to Slither are those that `npm run contracts:analyse` takes', () => {
  expect(tableUnder('| finding | where | answer |')).toEqual(
    answered.map(({ check, where, says }) => [check, `\`${where}\``, says]),
  );
});
