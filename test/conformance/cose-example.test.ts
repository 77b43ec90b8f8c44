import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type UnsignedReadings,
  bytesToHex,
  coseSigningInput,
  dataDictionary,
  hexToBytes,
  parseMessage,
  publicKeyOf,
  signCoseMessage,
  signEd25519,
  verifyEd25519,
} from '@tianyuan/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has, pathOf } from '../components.ts';

// docs/cose.md and its C program, against the code that every part uses.

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/cose.md'), 'utf8');
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const sign = (input: Uint8Array) => signEd25519(hexToBytes(seed), input);

const message: UnsignedReadings = {
  v: 1,
  device: 'truck-03',
  key: 1,
  boot: 3,
  seq: 42,
  time: Date.UTC(2026, 8, 12, 3, 20),
  batch: 'apple-2026-09',
  readings: [{ type: 'temperature', value: 4250 }],
};

/** The bytes of an annotated example: each line's, up to the words. */
function bytesOf(name: string): string {
  const [, block = ''] =
    new RegExp(`<!-- example: ${name} -->\\s+\`\`\`text\\n([^]*?)\`\`\``).exec(page) ?? [];
  return block
    .split('\n')
    .map((line) => /^ *((?:[0-9a-f]{2})+(?: (?:[0-9a-f]{2})+)*)(?: {2}|$)/.exec(line)?.[1] ?? '')
    .join('')
    .replaceAll(' ', '');
}

test('the page shows the message that it describes, byte for byte', () => {
  const payload = signCoseMessage(message, sign);
  expect(bytesOf('cose payload')).toBe(bytesToHex(payload));
  expect(bytesOf('cose signed bytes')).toBe(bytesToHex(coseSigningInput(message)));
  const { signedBytes, signature } = parseMessage(payload);
  expect(verifyEd25519(publicKeyOf(hexToBytes(seed)), signedBytes, signature)).toBe(true);
  expect(page).toContain(`One reading takes ${payload.length}\n`);
});

describe.skipIf(!has('cc'))('the C program', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cose-'));
    const flags = [
      '-std=c99',
      '-Wall',
      '-Wextra',
      '-Wconversion',
      '-Werror',
      '-o',
      join(folder, 'sign-reading'),
    ];
    execFileSync(pathOf('cc'), [...flags, join(root, 'docs/cose/sign-reading.c'), '-lsodium']);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function signInC({ device, key, boot, seq, time, batch, readings }: UnsignedReadings): string {
    const { type, value } = readings[0]!;
    const numbers = [key, boot, seq, time, dataDictionary[type].number, value as number].map(String);
    const words = [seed, device, ...numbers, ...(batch === undefined ? [] : [batch])];
    return execFileSync(join(folder, 'sign-reading'), words, { encoding: 'utf8' }).trim();
  }

  const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  test.each<[string, Partial<UnsignedReadings>]>([
    ['the example', {}],
    ['no batch', { batch: undefined }],
    ['a batch of 64 Chinese characters', { batch: '苹'.repeat(64) }],
    ['the longest ids', { device: 'x'.repeat(64), key: 2 ** 53 - 1 }],
    ...edges
      .slice(1)
      .map((n): [string, Partial<UnsignedReadings>] => [
        `${n} for every counter`,
        { key: n, boot: n, seq: n, time: n },
      ]),
    ...edges.flatMap((n) =>
      [n, -n - 1]
        .filter(Number.isSafeInteger)
        .map((value): [string, Partial<UnsignedReadings>] => [
          `the value ${value}`,
          { readings: [{ type: 'battery', value }] },
        ]),
    ),
  ])('signs the same bytes: %s', (_, change) => {
    const one = { ...message, ...change };
    const ours = signCoseMessage(one, sign);
    expect(signInC(one)).toBe(bytesToHex(ours));
    parseMessage(ours);
  });

  test('says so where a message does not fit', () => {
    expect(() => signInC({ ...message, batch: 'x'.repeat(300) })).toThrow(/does not fit/);
  });
});
