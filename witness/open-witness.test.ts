import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@tianyuan/platform';
import {
  formatAddCheckpoint,
  leafHash,
  newSecretKey,
  publicKeyOf,
  signCheckpoint,
  signEd25519,
  verifierKey,
} from '@tianyuan/protocol';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openWitness } from './open-witness.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const name = 'witness.example/w1';
const origin = 'gw-7.farm-3.example';
const secret = newSecretKey();

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tianyuan-witness-'));
  writeFileSync(at('logs'), `${verifierKey(origin, publicKeyOf(secret))}\n`);
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (file: string) => join(directory, file);
const witness = (...args: string[]) =>
  execFileSync(process.execPath, [main, ...args, '--name', name, '--key-file', at('key')], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
const silent = { info() {}, warn() {}, error() {} } as unknown as Logger;
const serve = (logger = silent) =>
  openWitness(
    { name, keyFile: at('key'), logsFile: at('logs'), stateFile: at('state.db'), host: '127.0.0.1', port: 0 },
    logger,
  );

test('a witness never begins a state itself: one that is gone stays gone until somebody says that its key never signed', async () => {
  witness('key', '--state-file', at('state.db'));
  await (await serve()).close();
  rmSync(at('state.db'));
  await expect(serve()).rejects.toMatchObject({
    code: 'STATE_UNREADABLE',
    message: expect.stringContaining('must not go on under its key'),
  });
  expect(() =>
    witness('serve', '--logs-file', at('logs'), '--state-file', at('state.db'), '--create'),
  ).toThrow(/unknown option '--create'/);
  witness('begin', '--state-file', at('state.db'));
  await (await serve()).close();
  expect(() => witness('begin', '--state-file', at('state.db'))).toThrow(/is there already/);
}, 60_000);

test('a fork is told once, however often somebody sends it', async () => {
  witness('key', '--state-file', at('state.db'));
  const alarms: unknown[] = [];
  const running = await serve({
    ...silent,
    error: (alarm: unknown) => alarms.push(alarm),
  });
  onTestFinished(running.close);
  const note = (byte: number) =>
    signCheckpoint({ origin, size: 1, root: leafHash(Uint8Array.of(byte)) }, publicKeyOf(secret), (text) =>
      signEd25519(secret, text),
    );
  const submit = async (byte: number, oldSize: number) => {
    const body = formatAddCheckpoint({ oldSize, proof: [], note: note(byte) });
    return (await fetch(`${running.url}/add-checkpoint`, { method: 'POST', body })).status;
  };
  expect(await submit(1, 0)).toBe(200);
  for (let i = 0; i < 5; i++) expect(await submit(2, 1)).toBe(409);
  expect(await submit(3, 1)).toBe(409); // a third history is news
  expect(alarms).toMatchObject([
    { alarm: true, origin, kind: 'fork', size: 1 },
    { alarm: true, origin, kind: 'fork', size: 1 },
  ]);
  const metrics = await (await fetch(`${running.url}/metrics`)).text();
  expect(metrics).toContain('witness_misbehaviour_total{kind="fork"} 2');
}, 60_000);
