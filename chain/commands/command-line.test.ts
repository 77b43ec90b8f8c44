import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeBase64, logIdHex, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anchorerBalance, fundAccounts } from '../fund.ts';
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
  expect(shown.stdout).toMatch(/delay 86400 s; 0x4a/i);
  const printed = (await run('admin', 'accept', ...where(), '--print')).stdout;
  expect(JSON.parse(printed)).toEqual({
    to: expect.stringMatching(/^0x[0-9a-f]{40}$/),
    value: '0',
    data: '0xcefc1429',
  });
  expect((await run('admin', 'cancel', ...where(), ...key)).stdout).toContain('cancelled');
  expect((await run('admin', 'show', ...where())).stdout).not.toContain('may accept');
});

test('admits an organisation, which then names its accounts itself', async () => {
  const [farmer, registrar] = [Wallet.createRandom(), Wallet.createRandom()];
  await writeFile(file('admin.key'), chain.accounts.admin.privateKey);
  await writeFile(file('farmer.key'), farmer.privateKey);
  await fundAccounts({
    rpcUrl: chain.local.rpcUrl,
    chainId: chain.local.chainId,
    privateKey: chain.accounts.admin.privateKey,
    accounts: [farmer.address],
    atLeast: anchorerBalance,
  });
  const by = (name: string) => [...where(), '--key-file', file(`${name}.key`)];
  const admitted = await run('organisation', 'admit', 'farm-4', farmer.address, ...by('admin'));
  expect(admitted).toMatchObject({ code: 0, stdout: expect.stringContaining('is admitted') });
  const again = await run('organisation', 'admit', 'farm-4', registrar.address, ...by('admin'));
  expect(again.stdout).toContain('was admitted already');

  const grant = ['organisation', 'grant', 'farm-4', 'registrar', registrar.address];
  expect(await run(...grant, ...by('admin'))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^MISSING_ROLE: /),
  });
  expect(JSON.parse((await run(...grant, ...where(), '--print')).stdout)).toMatchObject({
    data: expect.stringMatching(/^0x2f2ff15d/), // grantRole(bytes32,address)
  });
  expect((await run(...grant, ...by('farmer'))).stdout).toContain('is registrar of farm-4');
  const revoke = ['organisation', 'revoke', 'farm-4', 'registrar', registrar.address];
  expect((await run(...revoke, ...by('farmer'))).stdout).toContain('is no longer registrar of farm-4');
});

test('an enrolment is of one organisation', async () => {
  const publicKey = encodeBase64(publicKeyOf(newSecretKey()));
  const log = { origin: 'gw-9.example', organisation: 'farm-3', publicKey };
  for (const [enrolment, why] of [
    [{ devices: [{ device: 'nobodys', publicKey }] }, 'add "organisation"'],
    [{ organisation: 'farm-4', logs: [log] }, 'this is of farm-4, farm-3'],
  ] as const) {
    await writeFile(file('mixed.json'), JSON.stringify(enrolment));
    expect(await run('enrol', file('mixed.json'), ...where(), ...phrase())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(why),
    });
  }
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
