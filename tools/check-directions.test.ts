import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkDirections } from './check-directions.ts';

type Tree = Record<string, string | object>;

const manifest = (folder: string, dependencies: string[] = [], devDependencies: string[] = []) => ({
  name: `@tianyuan/${folder}`,
  dependencies: Object.fromEntries(dependencies.map((name) => [name, '1.0.0'])),
  devDependencies: Object.fromEntries(devDependencies.map((name) => [name, '1.0.0'])),
});

/** Every kind of import that is allowed, in a small copy of the house. */
const good: Tree = {
  'package.json': {
    name: 'tianyuan',
    workspaces: ['protocol', 'contracts', 'chain', 'trace-api', 'platform', 'test'],
    devDependencies: { vitest: '1.0.0' },
  },
  'vitest.config.ts': `import { defineConfig } from 'vitest/config'; export default defineConfig({});`,
  'protocol/package.json': manifest('protocol', ['@noble/hashes']),
  'protocol/index.ts': `export { leaf } from './log/leaf.ts';`,
  'protocol/log/leaf.ts': `import { sha256 } from '@noble/hashes/sha2.js'; export const leaf = sha256;`,
  'protocol/log/leaf.test.ts': `import { readFileSync } from 'node:fs'; import { test } from 'vitest'; import '../index.ts';`,
  'contracts/package.json': manifest('contracts', [], ['ethers', '@tianyuan/protocol']),
  'contracts/index.ts': `export const abi = [];`,
  'contracts/build.ts': `import { Interface } from 'ethers'; import { leaf } from '@tianyuan/protocol';`,
  'chain/package.json': manifest('chain', ['@tianyuan/contracts', '@tianyuan/protocol']),
  'chain/append.ts': `import { abi } from '@tianyuan/contracts'; const protocol = await import('@tianyuan/protocol');`,
  'platform/package.json': manifest('platform', ['pg'], ['@types/pg']),
  'platform/pool.ts': `import type { Pool } from 'pg'; import { once } from 'node:events';`,
  'trace-api/package.json': manifest('trace-api', ['@tianyuan/platform', '@tianyuan/protocol']),
  'trace-api/main.ts': `import { pool } from '@tianyuan/platform/pool.ts'; import '@tianyuan/trace-api/page.ts';`,
  'trace-api/page.ts': `import { createHash } from 'node:crypto';`,
  'trace-api/browser/verify.ts': `import { leaf } from '@tianyuan/protocol';`,
  'test/package.json': manifest('test', ['@tianyuan/trace-api', '@tianyuan/chain']),
  'test/flow.ts': `import '@tianyuan/trace-api/main.ts'; import '@tianyuan/chain/append.ts';`,
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'directions-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
});
afterEach(() => rmSync(root, { recursive: true }));

function problemsOf(changes: Tree = {}): string[] {
  for (const [file, content] of Object.entries({ ...good, ...changes })) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return checkDirections(root);
}

test('a tree that keeps the directions passes', () => {
  expect(problemsOf()).toEqual([]);
});

describe('is refused:', () => {
  test.each<[string, Tree, RegExp]>([
    [
      'an arrow that is not in the table',
      { 'platform/up.ts': `import '@tianyuan/trace-api/main.ts';` },
      /^platform\/up\.ts:1: platform\/ must not import trace-api\//,
    ],
    [
      'that arrow even when the manifest declares it',
      {
        'platform/package.json': manifest('platform', ['pg', '@tianyuan/protocol']),
        'platform/up.ts': `\n\nimport type { leaf } from '@tianyuan/protocol';`,
      },
      /^platform\/up\.ts:3: platform\/ must not import protocol\//,
    ],
    [
      'a re-export',
      { 'platform/up.ts': `export * from '@tianyuan/chain/append.ts';` },
      /must not import chain/,
    ],
    [
      'a named re-export',
      { 'platform/up.ts': `export { a } from '@tianyuan/chain';` },
      /must not import chain/,
    ],
    ['an import()', { 'platform/up.ts': `await import('@tianyuan/chain');` }, /must not import chain/],
    [
      'an import() type',
      { 'platform/up.ts': `type A = import('@tianyuan/chain').A;` },
      /must not import chain/,
    ],
    ['a require()', { 'platform/up.mjs': `const a = require('@tianyuan/chain');` }, /must not import chain/],
    ['a computed import()', { 'platform/up.ts': `await import(process.argv[2]);` }, /up\.ts:1: .* computed/],
    [
      'an arrow from a test that only other tests have',
      { 'platform/up.test.ts': `import '@tianyuan/protocol';` },
      /platform\/ must not import protocol/,
    ],
    [
      'the arrow of a test outside tests',
      { 'contracts/index.ts': `export * from '@tianyuan/protocol';` },
      /contracts\/ must not import protocol/,
    ],
    [
      'a relative import into another workspace',
      { 'chain/up.ts': `import '../protocol/index.ts';` },
      /^chain\/up\.ts:1: '\.\.\/protocol\/index\.ts' leaves chain\//,
    ],
    ['a relative import out of the checkout', { 'chain/up.ts': `import '../../x.ts';` }, /leaves chain\//],
    [
      'production code that imports a test',
      { 'protocol/log/up.ts': `import './leaf.test.ts';` },
      /up\.ts:1: '\.\/leaf\.test\.ts' is for tests/,
    ],
    [
      'a shipped file that imports one that is not',
      { 'contracts/index.ts': `export * from './build.ts';` },
      /^contracts\/index\.ts:1: '\.\/build\.ts' is for tests/,
    ],
    [
      'an undeclared package',
      { 'chain/up.ts': `import 'ethers';` },
      /'ethers' is not declared in chain\/package\.json/,
    ],
    [
      "a package that only the root's devDependencies have, outside tests",
      { 'chain/up.ts': `import 'vitest';` },
      /'vitest' is not declared in chain\/package\.json/,
    ],
    [
      'a devDependency outside tests',
      { 'platform/package.json': manifest('platform', [], ['pg']) },
      /^platform\/pool\.ts:1: 'pg' is only a devDependency/,
    ],
    ['node: in protocol', { 'protocol/up.ts': `import 'node:crypto';` }, /'node:crypto' is Node's alone/],
    ['node: without its prefix', { 'protocol/up.ts': `import 'fs/promises';` }, /is Node's alone/],
    ['node: in the browser', { 'trace-api/browser/up.ts': `import 'node:buffer';` }, /is Node's alone/],
    ['a URL', { 'chain/up.ts': `import 'https://example.org/x.js';` }, /is not the name of a package/],
    ['an absolute path', { 'chain/up.ts': `import '/etc/x.js';` }, /is not the name of a package/],
    [
      'an undeclared package in a file of no workspace',
      { 'docs/draw.ts': `import 'graphviz';` },
      /^docs\/draw\.ts:1: 'graphviz' is not declared in package\.json/,
    ],
  ])('%s', (_, changes, problem) => {
    expect(problemsOf(changes)).toEqual([expect.stringMatching(problem)]);
  });

  test('a workspace without a line in the table', () => {
    const tree = {
      'package.json': { ...(good['package.json'] as object), workspaces: ['protocol', 'billing'] },
      'billing/package.json': manifest('billing'),
    };
    expect(problemsOf(tree)).toEqual([expect.stringMatching(/^billing\/package\.json:1: .*no line/)]);
  });

  test('a workspace in which nothing was found', () => {
    const tree = {
      'package.json': { ...(good['package.json'] as object), workspaces: ['protocol', 'launcher'] },
      'launcher/package.json': manifest('launcher'),
    };
    expect(problemsOf(tree)).toContainEqual(
      expect.stringMatching(/^launcher\/package\.json:1: no source file/),
    );
  });

  test('a file that does not parse', () => {
    expect(() => problemsOf({ 'chain/up.ts': 'import {' })).toThrow(/chain\/up\.ts/);
  });
});
