import { readFileSync } from 'node:fs';
import { actions, mayWith, roles } from '@tianyuan/trace-api/people/action.ts';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../docs/people.md', import.meta.url), 'utf8');

test('docs/people.md says which role may do what, as the code has it', () => {
  const table = actions.map(
    (action) => `| \`${action}\` |${roles.map((role) => (mayWith(role, action) ? ' yes |' : ' |')).join('')}`,
  );
  const [head, , ...rows] = page
    .split('\n')
    .filter((line) => /^\| (action \||`[a-z-]+` \|)|^\|(---\|){7}/.test(line));
  expect(head).toBe(`| action | ${roles.join(' | ')} |`);
  expect(rows).toEqual(table);
});
