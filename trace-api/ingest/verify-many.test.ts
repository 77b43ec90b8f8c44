import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeBase64url, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { type Signed, verifyMany } from './verify-many.ts';

const secretKey = newSecretKey();
const publicKey = publicKeyOf(secretKey);
const key = createPrivateKey({
  key: { kty: 'OKP', crv: 'Ed25519', d: encodeBase64url(secretKey), x: encodeBase64url(publicKey) },
  format: 'jwk',
});

function signed(i: number, isGood: boolean): Signed {
  const message = new TextEncoder().encode(`message ${'x'.repeat(i % 7)} ${i}`);
  const signature = new Uint8Array(sign(null, message, key));
  if (!isGood) signature[i % 64]! ^= 1 << (i % 8);
  return { publicKey, message, signature };
}

test.each([0, 1, 31, 32, 500])(
  '%d verdicts come in the order of the signatures, on whichever thread',
  async (count) => {
    const good = Array.from({ length: count }, (_, i) => i % 3 !== 1);
    expect(await verifyMany(good.map((isGood, i) => signed(i, isGood)))).toEqual(good);
  },
);

test('batches at the same time do not mix', async () => {
  const batches = Array.from({ length: 8 }, (_, b) =>
    Array.from({ length: 40 }, (_unused, i) => (i + b) % 4 !== 0),
  );
  const verdicts = await Promise.all(
    batches.map((good) => verifyMany(good.map((isGood, i) => signed(i, isGood)))),
  );
  expect(verdicts).toEqual(batches);
});

test('a key or a signature of a wrong length is false, where it is alone', async () => {
  expect(await verifyMany([{ ...signed(1, true), signature: new Uint8Array(63) }])).toEqual([false]);
});

/** Has every thread take a while to load, longer for a later one, and write a line to the file when it has. */
function slowlyLoading(file: string): string {
  const hooks = `import { appendFileSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    import { isMainThread, threadId } from 'node:worker_threads';
    if (!isMainThread) {
      await setTimeout(200 * threadId);
      appendFileSync(${JSON.stringify(file)}, 'loaded\\n');
    }`;
  return `data:text/javascript,${encodeURIComponent(hooks)}`;
}

const module = JSON.stringify(new URL('./verify-many.ts', import.meta.url).href);
const verifyOnThreads = `import(${module}).then(async ({ verifyMany }) => {
  const one = { publicKey: new Uint8Array(32), message: new Uint8Array(9), signature: new Uint8Array(64) };
  console.log((await verifyMany(new Array(64).fill(one))).length);
})`;

test('its threads let the process end when they have answered, and not before', () => {
  const told = execFileSync(process.execPath, ['-e', verifyOnThreads], { encoding: 'utf8', timeout: 20_000 });
  expect(told).toBe('64\n');
});

test.each([
  ['ends by itself', verifyOnThreads],
  [
    'calls process.exit',
    `${verifyOnThreads}.then(() => import(${module})).then(async ({ verifiersLoaded }) => {
      await verifiersLoaded();
      process.exit();
    })`,
  ],
])('no thread is stopped while it loads, where the process %s', (_how, program) => {
  const dir = mkdtempSync(join(tmpdir(), 'tianyuan-verify-many-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const loads = join(dir, 'loads');
  const told = execFileSync(process.execPath, ['--import', slowlyLoading(loads), '-e', program], {
    encoding: 'utf8',
    timeout: 20_000 + 200 * availableParallelism(),
  });
  expect(told).toBe('64\n');
  expect(readFileSync(loads, 'utf8')).toBe('loaded\n'.repeat(availableParallelism()));
});
