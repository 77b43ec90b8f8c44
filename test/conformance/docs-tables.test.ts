import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { entryKinds, checkNames } from '@tianyuan/protocol';
import { alarmKinds } from '@tianyuan/gateway-agent/alarms/alarm-kinds.ts';
import { refusalCodes } from '@tianyuan/gateway-agent/accept/refusal.ts';
import { flags } from '@tianyuan/trace-api/ingest/flag.ts';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string) => readFileSync(at(path), 'utf8');
const page = read('docs/protocol.md');

/** The rows of a page's tables whose first cell fits. */
function rows(first: RegExp, text = page): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter(([cell]) => first.test(cell!));
}

test('the refusal codes are those of the gateway', () => {
  const listed = new Set(rows(/^`[A-Z_]+`$/).map(([code]) => code!.slice(1, -1)));
  expect(listed).toEqual(new Set([...refusalCodes, 'LOGGED']));
});

test('the checks are those of the verifier, in their order', () => {
  const names: readonly string[] = checkNames;
  const listed = rows(/^[a-z ]+$/).flatMap(([name]) => (names.includes(name!) ? [name] : []));
  expect(listed).toEqual(names);
});

test.each(Object.keys(flags))('the flag %s of mirrored entries is named', (flag) => {
  expect(page).toContain(`\`${flag}\``);
});

test.each(Object.entries(entryKinds))('the entry kind %s has the number %s', (kind, number) => {
  expect(page).toMatch(new RegExp(`kind: .*\\b${number} [a-z ]*${kind}`));
});

const gatewayPage = read('docs/gateway.md');

test('the runbook of docs/gateway.md says what to do about every alarm, and about no other', () => {
  const [, runbook] = gatewayPage.split('### What to do\n');
  const listed = rows(/^`[a-z-]+`$/, runbook!.split(/^## /m)[0]).map(([kind]) => kind!.slice(1, -1));
  expect(listed.toSorted()).toEqual(Object.keys(alarmKinds).toSorted());
});

test('the faults of docs/gateway.md are tried by tests that there are, and every test of a fault is named', () => {
  const [, section] = gatewayPage.split('## Faults that it is tried against\n');
  const named = new Set(
    [...section!.split(/^## /m)[0]!.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, file]) => file!),
  );
  expect([...named].filter((file) => !existsSync(at(file)))).toEqual([]);
  const ofTheGateway = globSync('test/faults/*.test.ts', { cwd: at('') }).filter(
    (file) => !file.includes('/national-'),
  );
  expect(ofTheGateway.filter((file) => !named.has(file))).toEqual([]);
});

/** `a --> b` for every import that the direction check allows between the workspaces that there are. */
function allowedImports(): string[] {
  const table = [...read('tools/directions/arrows.ts').matchAll(/^  '?([\w.-]+)'?: \{ imports: \[(.*?)\]/gm)];
  return table
    .filter(([, folder]) => folder !== '.' && existsSync(at(folder!)))
    .flatMap(([, from, targets]) =>
      [...targets!.matchAll(/'([\w-]+)'/g)].map(([, to]) => `${from} --> ${to}`),
    );
}

test('the arrows of docs/architecture.md are those that the direction check allows', () => {
  const drawn = [...read('docs/architecture.md').matchAll(/^ +([\w-]+ --> [\w-]+)$/gm)].map(
    ([, arrow]) => arrow!,
  );
  expect(drawn.toSorted()).toEqual(allowedImports().toSorted());
});

test('the arrows of README.md are the same', () => {
  const listed = rows(/^\[`[\w-]+\/`\]/, read('README.md')).flatMap(([folder, , targets]) => {
    const from = /`([\w-]+)\/`/.exec(folder!)![1];
    return targets === 'nothing' || targets === 'everything'
      ? []
      : targets!.split(', ').map((to) => `${from} --> ${to}`);
  });
  expect(listed.toSorted()).toEqual(allowedImports().toSorted());
});
