import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeBase64, logIdHex, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { type TemporaryChain, openTemporaryChain } from '../temporary-chain.ts';

let chain: TemporaryChain;

beforeAll(async () => {
  chain = await openTemporaryChain();
});
afterAll(() => chain.remove());

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const code = await runCommandLine(args, {
    out: (text) => (written.stdout += text),
    err: (text) => (written.stderr += text),
  });
  return { code, ...written };
}

const file = (name: string) => join(chain.directory, name);
const where = () => ['--rpc', chain.local.rpcUrl, '--deployment', file('by-command.json')];
const phrase = () => ['--mnemonic-file', file('mnemonic')];

test('deploys, enrols and shows what there is', async () => {
  expect(await run('deploy', ...where(), ...phrase(), '--organisation', 'farm-3')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^deployed; 4 role\(s\) granted/),
  });
  expect((await run('deploy', ...where(), ...phrase())).stdout).toMatch(/^reused; 0 role/);

  const publicKey = () => encodeBase64(publicKeyOf(newSecretKey()));
  await writeFile(
    file('enrolment.json'),
    JSON.stringify({
      devices: [{ device: 'orchard-1', publicKey: publicKey() }],
      logs: [{ origin: 'gw.example', organisation: 'farm-3', publicKey: publicKey() }],
    }),
  );
  expect(await run('enrol', file('enrolment.json'), ...where(), ...phrase())).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 of 2 key(s) enrolled, 1 of 1 log(s) opened'),
  });
  expect(await run('status', ...where())).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(`2 key\\(s\\), 0 revoked\nlog ${logIdHex('gw.example')}: open, nothing anchored yet`),
    ),
  });
});

test('names the next admin, prints what a multi-signature account signs, and takes it back', async () => {
  const next = `0x${'4a'.repeat(20)}`;
  await writeFile(file('admin.key'), chain.accounts.admin.privateKey);
  const key = ['--key-file', file('admin.key')];
  expect(await run('admin', 'begin', next, ...where(), ...key)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/may accept from 20\d\d-.* on/),
  });
  const shown = await run('admin', 'show', ...where());
  expect(shown.stdout.match(/delay 86400 s; 0x4a/gi)).toHaveLength(2);
  const calls = (await run('admin', 'accept', ...where(), '--print')).stdout.trim().split('\n');
  expect(calls.map((line) => JSON.parse(line))).toEqual([
    { to: expect.stringMatching(/^0x[0-9a-f]{40}$/), value: '0', data: '0xcefc1429' },
    { to: expect.stringMatching(/^0x[0-9a-f]{40}$/), value: '0', data: '0xcefc1429' },
  ]);
  expect((await run('admin', 'cancel', ...where(), ...key)).stdout).toContain('cancelled on 2 contract(s)');
  expect((await run('admin', 'show', ...where())).stdout).not.toContain('may accept');
});

test('says in a line what went wrong', async () => {
  const unreachable = await run(
    'status',
    '--rpc',
    'http://127.0.0.1:9',
    '--deployment',
    file('deployment.json'),
  );
  expect(unreachable).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^NODE_UNREACHABLE: .*\n$/),
  });
  expect(await run('status', '--deployment', file('none.json'))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^DEPLOYMENT_UNREADABLE: /),
  });
  await writeFile(file('odd.json'), '{"devices":[{"device":"x"}]}');
  expect(await run('enrol', file('odd.json'), ...where(), ...phrase())).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/odd\.json[^]*publicKey/),
  });
  expect(await run('deploy', ...where())).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--mnemonic-file'),
  });
});

test('explains itself', async () => {
  expect(await run('--help')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/up.*deploy.*enrol.*status/s),
  });
});
