import { join } from 'node:path';
import { hexToBytes, logId, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { Wallet } from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { anchorLogInterface } from './contracts.ts';
import { deployContracts } from './deploy.ts';
import { type EnrolOptions, type KeyToEnrol, enrol } from './enrol.ts';
import { type TemporaryChain, openTemporaryChain, organisation } from './temporary-chain.ts';

let chain: TemporaryChain;
let options: EnrolOptions;
let serial = 0;

beforeAll(async () => {
  chain = await openTemporaryChain();
  options = {
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    registrarKey: chain.accounts.registrar.privateKey,
    keysOf: organisation,
    organisationKey: chain.accounts.admin.privateKey,
    pollMs: 20,
  };
});
beforeEach(() => {
  serial += 1;
});
afterAll(() => chain.remove());

function deviceKey(name: string, key = 1): KeyToEnrol {
  return { kind: 'device', id: `${name}-${serial}`, key, publicKey: publicKeyOf(newSecretKey()) };
}

describe('keys', () => {
  test('are enrolled once, many in a transaction', async () => {
    const keys = Array.from({ length: 120 }, (_, i) => deviceKey(`sensor-${i}`));
    const before = await chain.node.provider.getBlockNumber();
    expect(await enrol({ ...options, keys })).toMatchObject({ enrolled: 120 });
    expect((await chain.node.provider.getBlockNumber()) - before).toBe(3);
    const more = deviceKey('one-more');
    expect(await enrol({ ...options, keys: [...keys, more] })).toMatchObject({ enrolled: 1 });
    expect(await enrol({ ...options, keys: [...keys, more] })).toMatchObject({ enrolled: 0 });
  });

  test('of one subject are enrolled in their order', async () => {
    const keys = [deviceKey('sensor', 2), deviceKey('sensor', 1)];
    expect(await enrol({ ...options, keys })).toMatchObject({ enrolled: 2 });
  });

  test('are not changed under their number', async () => {
    await enrol({ ...options, keys: [deviceKey('sensor')] });
    await expect(enrol({ ...options, keys: [deviceKey('sensor')] })).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      message: expect.stringContaining(`sensor-${serial}`),
    });
  });

  test('belong to one subject', async () => {
    const key = deviceKey('sensor');
    await enrol({ ...options, keys: [key] });
    await expect(enrol({ ...options, keys: [{ ...key, id: 'another' }] })).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
    });
  });

  test.each([
    ['of small order', `01${'00'.repeat(31)}`],
    ['not canonical', `ee${'ff'.repeat(30)}7f`],
    // The base point and a point of order 8, added.
    ['of mixed order', '55ae61520ca466adcc4ae4a32dc1633a5d749c64a5b50f136fc3469f27e487e6'],
    ['too short', '01'.repeat(31)],
  ])('are refused when they are %s', async (_, hex) => {
    const good = deviceKey('good');
    const keys = [good, { ...deviceKey('bad'), publicKey: hexToBytes(hex) }];
    await expect(enrol({ ...options, keys })).rejects.toMatchObject({
      code: 'KEY_UNACCEPTABLE',
      message: expect.stringContaining(`bad-${serial}`),
    });
    expect(await enrol({ ...options, keys: [good] }), 'nothing was enrolled beside it').toMatchObject({
      enrolled: 1,
    });
  });

  test('need a registrar', async () => {
    const without = { ...options };
    delete without.registrarKey;
    await expect(enrol({ ...without, keys: [deviceKey('sensor')] })).rejects.toMatchObject({
      code: 'ACCOUNT_UNREADABLE',
    });
    const organisationKey = chain.accounts.admin.privateKey;
    await expect(
      enrol({ ...options, registrarKey: organisationKey, keys: [deviceKey('sensor')] }),
    ).rejects.toMatchObject({
      code: 'MISSING_ROLE',
    });
  });
});

describe('an organisation’s registrar', () => {
  test('enrols for it and for no other', async () => {
    const keys = [deviceKey('sensor')];
    await expect(enrol({ ...options, keys, keysOf: 'another farm' })).rejects.toMatchObject({
      code: 'MISSING_ROLE',
      message: expect.stringContaining('is no registrar'),
    });
    const without = { ...options, keys };
    delete without.keysOf;
    await expect(enrol(without)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  test('is known by its log, and does not get at the key of another organisation’s log', async () => {
    const { origin } = await chain.openLog();
    const keys = [deviceKey('sensor')];
    expect(await enrol({ ...options, keys, keysOf: { ofLog: origin } })).toMatchObject({ enrolled: 1 });
    await expect(
      enrol({ ...options, keys: [deviceKey('other')], keysOf: { ofLog: 'never.example' } }),
    ).rejects.toMatchObject({ code: 'LOG_UNKNOWN' });

    const dairy = 'a dairy';
    const { admin, registrar } = chain.accounts;
    await deployContracts({
      rpcUrl: options.rpcUrl,
      chainId: chain.local.chainId,
      file: join(chain.directory, 'deployment.json'),
      privateKey: admin.privateKey,
      roles: { organisations: [{ name: dairy, admin: admin.address, registrars: [registrar.address] }] },
      pollMs: 20,
    });
    const logKey: KeyToEnrol = { ...deviceKey('log'), kind: 'log', id: origin };
    await expect(enrol({ ...options, keys: [logKey], keysOf: dairy })).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      message: expect.stringContaining('is of organisation'),
    });
    expect(await enrol({ ...options, keys: [logKey] })).toMatchObject({ enrolled: 1 });
  });
});

describe('logs', () => {
  const logOf = (anchorer: string) => ({ origin: `gw-${serial}.example`, organisation, anchorer });

  test('are opened once', async () => {
    const logs = [logOf(Wallet.createRandom().address)];
    expect(await enrol({ ...options, logs })).toEqual({ enrolled: 0, opened: 1, granted: 0 });
    expect(await enrol({ ...options, logs })).toEqual({ enrolled: 0, opened: 0, granted: 0 });
  });

  test('may get another anchorer', async () => {
    await enrol({ ...options, logs: [logOf(Wallet.createRandom().address)] });
    const logs = [logOf(Wallet.createRandom().address)];
    expect(await enrol({ ...options, logs })).toMatchObject({ opened: 0, granted: 1 });
  });

  test('are not opened a second time', async () => {
    const { origin, client } = await chain.openLog();
    const { organisationKey } = options;
    const admin = new Wallet(organisationKey!, chain.node.provider);
    const data = anchorLogInterface.encodeFunctionData('closeLog', [logId(origin), `0x${'00'.repeat(32)}`]);
    await (await admin.sendTransaction({ to: chain.deployment.anchorLog.address, data })).wait();
    const logs = [{ origin, organisation, anchorer: client.address }];
    await expect(enrol({ ...options, logs })).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  });

  test('are opened by their organisation', async () => {
    const logs = [{ ...logOf(Wallet.createRandom().address), organisation: 'another farm' }];
    await expect(enrol({ ...options, logs })).rejects.toMatchObject({ code: 'MISSING_ROLE' });
  });
});
