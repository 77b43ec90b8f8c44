import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { anchorsOf, linksOf, pathsOf } from './markdown-links.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const listed = [
  'ls-files',
  '-z',
  '--cached',
  '--others',
  '--exclude-standard',
  '--deduplicate',
  '--',
  '*.md',
];
const pages = execFileSync('git', listed, { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((page) => page !== '' && existsSync(join(root, page)));

/** What is wrong with a link of a page; undefined where it leads somewhere, or out of the checkout. */
function problemOf(page: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = '', anchor] = decodeURIComponent(target).split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (relative(root, file).startsWith('..')) return 'leads out of the checkout';
  if (!existsSync(file)) return 'leads to nothing';
  if (anchor === undefined || !file.endsWith('.md') || statSync(file).isDirectory()) return undefined;
  return anchorsOf(readFileSync(file, 'utf8')).has(anchor) ? undefined : 'names a heading that is not there';
}

test('there are pages to look at', () => {
  expect(pages).toContain('README.md');
  expect(linksOf(readFileSync(join(root, 'README.md'), 'utf8')).length).toBeGreaterThan(10);
});

test.each(pages)('every link of %s leads somewhere', (page) => {
  const problems = linksOf(readFileSync(join(root, page), 'utf8')).flatMap(({ target, line }) => {
    const problem = problemOf(page, target);
    return problem === undefined ? [] : [`${page}:${line}: ${target} ${problem}`];
  });
  expect(problems).toEqual([]);
});

const folders = readdirSync(root).filter((name) => !name.startsWith('.') && name !== 'node_modules');

test.each(pages)('every file of this checkout that %s names is there', (page) => {
  const missing = pathsOf(readFileSync(join(root, page), 'utf8'), folders)
    .filter(({ target }) => !existsSync(join(root, target)))
    .map(({ target, line }) => `${page}:${line}: ${target}`);
  expect(missing).toEqual([]);
});

describe('what the check itself sees', () => {
  test.each([
    ['[a](docs/b.md)', ['docs/b.md']],
    ['[a](<b.md> "title") and ![c](d.svg)', ['b.md', 'd.svg']],
    ['[![a](b.svg)](c.md)', ['c.md', 'b.svg']],
    ['[a]: b.md', ['b.md']],
    ['<img alt="a" src="b.png"><a href="c.md">d</a>', ['b.png', 'c.md']],
    ['`[a](b.md)` and ``[`c`](d.md)``', []],
    ['```md\n[a](b.md)\n```\n[c](d.md)', ['d.md']],
    ['<!-- [a](b.md) -->', []],
    ['a [1] (b.md)', []],
  ])('%s', (markdown, targets) => {
    expect(linksOf(markdown).map(({ target }) => target)).toEqual(targets);
  });

  test('the line of a link', () => {
    expect(linksOf('\n```\ncode\n```\n[a](b.md)')).toEqual([{ target: 'b.md', line: 5 }]);
  });

  test.each([
    ['missing.md', 'leads to nothing'],
    ['../outside.md', 'leads out of the checkout'],
    ['README.md#no-such-heading', 'names a heading that is not there'],
    ['protocol/', undefined],
    ['https://example.org/x', undefined],
  ])('%s', (target, problem) => {
    expect(problemOf('README.md', target)).toBe(problem);
  });

  test('paths in inline code', () => {
    const page = 'see `docs/a.md` and `test/`, not `a/b`, `npm test`, `docs`\n```\n`docs/c.md`\n```\n';
    expect(pathsOf(page, ['docs', 'test']).map(({ target }) => target)).toEqual(['docs/a.md', 'test/']);
  });

  test('headings as GitHub names them', () => {
    const page = '# One `two`\n## 田源 & three\n## One two\n```\n# code\n```\n## 1. Four: five';
    expect([...anchorsOf(page)]).toEqual(['one-two', '田源--three', 'one-two-1', '1-four-five']);
  });
});
