import { bytesToHex, encodeBase64, logId, newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Registrar, type RegistrarOptions, openRegistrar } from './change-keys.ts';
import type { ChainEvent } from './chain-event.ts';
import { runCommandLine } from './commands/command-line.ts';
import { readEvents } from './read-events.ts';
import { readRevocations } from './registry.ts';
import { type TemporaryChain, makeLog, openTemporaryChain, organisation } from './temporary-chain.ts';

let chain: TemporaryChain;
let options: RegistrarOptions;
let registrar: Registrar;
let serial = 0;
beforeAll(async () => {
  chain = await openTemporaryChain();
  options = {
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    registrarKey: chain.accounts.registrar.privateKey,
    keysOf: organisation,
    pollMs: 20,
  };
  registrar = openRegistrar(options);
});
beforeEach(() => {
  serial += 1;
});
afterAll(async () => {
  registrar.close();
  await chain.remove();
});

const newKey = () => publicKeyOf(newSecretKey());
const device = () => `device-${serial}`;

async function enrolled(publicKey = newKey()): Promise<Uint8Array> {
  await registrar.enrol({ kind: 'device', id: device(), key: 1, publicKey });
  return publicKey;
}

/** What the contracts said about these keys, in short. */
async function said(...keys: Uint8Array[]): Promise<string[]> {
  const events = await readEvents(chain.node.provider, chain.deployment, {
    from: 0,
    to: await chain.node.provider.getBlockNumber(),
  });
  const names = new Map(keys.map((key, i) => [bytesToHex(key), i]));
  return events.flatMap((event: ChainEvent) =>
    'publicKey' in event && names.has(bytesToHex(event.publicKey))
      ? [`${event.kind} ${names.get(bytesToHex(event.publicKey))}`]
      : [],
  );
}

describe('a registrar', () => {
  test('tells each thing once, however often it is asked', async () => {
    const [old, fresh] = [newKey(), newKey()];
    const enrol = { kind: 'device', id: device(), key: 1, publicKey: old } as const;
    const rotate = { id: device(), key: 2, oldPublicKey: old, publicKey: fresh, lastBoot: 3, lastSeq: 9 };
    const revoke = { id: device(), publicKey: fresh, cuts: [] };
    expect([await registrar.enrol(enrol), await registrar.enrol(enrol)]).toEqual(['told', 'there']);
    expect([await registrar.rotate(rotate), await registrar.rotate(rotate)]).toEqual(['told', 'there']);
    expect([await registrar.revoke(revoke), await registrar.revoke(revoke)]).toEqual(['told', 'there']);
    expect(await said(old, fresh)).toEqual([
      'KeyEnrolled 0',
      'KeyRotated 0',
      'KeyEnrolled 1',
      'KeyRevoked 1',
    ]);
  });

  test('cuts where it is told, again only further towards the beginning', async () => {
    const { origin, client } = await chain.openLog();
    const log = makeLog(origin);
    await client.confirm(await client.append(log.requestAt(0, 50)));
    const publicKey = await enrolled();
    const cut = (fromIndex: number) =>
      registrar.revoke({ id: device(), publicKey, cuts: [{ origin, fromIndex }] });
    await expect(cut(51)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('CutBeyondHead'),
    });
    expect([await cut(40), await cut(40), await cut(45), await cut(30)]).toEqual([
      'told',
      'there',
      'there',
      'told',
    ]);
    const [end] = await readRevocations(chain.node, chain.deployment, publicKey, [bytesToHex(logId(origin))]);
    expect(end).toMatchObject({ fromIndex: 30, isNamed: true });
  });

  test('gives a device its next key where the old one was revoked meanwhile', async () => {
    const old = await enrolled();
    await registrar.revoke({ id: device(), publicKey: old, cuts: [] });
    const fresh = newKey();
    const rotate = { id: device(), key: 2, oldPublicKey: old, publicKey: fresh, lastBoot: 1, lastSeq: 1 };
    expect([await registrar.rotate(rotate), await registrar.rotate(rotate)]).toEqual(['told', 'there']);
    expect(await said(old, fresh)).toEqual(['KeyEnrolled 0', 'KeyRevoked 0', 'KeyEnrolled 1']);
  });

  test('does not hand over to a key that is somebody’s', async () => {
    const other = await enrolled();
    serial += 1;
    const old = await enrolled();
    await expect(
      registrar.rotate({
        id: device(),
        key: 2,
        oldPublicKey: old,
        publicKey: other,
        lastBoot: 1,
        lastSeq: 1,
      }),
    ).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
  });
});

test('`chain enrol` does all of a gateway’s export, in the order of its numbers, and once', async () => {
  const keys = Array.from({ length: 4 }, newKey).map(encodeBase64);
  const [first, second, third, fourth] = keys as [string, string, string, string];
  const rotation = (key: number, oldPublicKey: string, publicKey: string) => ({
    device: device(),
    key,
    oldPublicKey,
    publicKey,
    lastBoot: 1,
    lastSeq: Number.MAX_SAFE_INTEGER,
  });
  const file = join(chain.directory, 'export.json');
  await writeFile(
    file,
    JSON.stringify({
      devices: [
        { device: device(), key: 3, publicKey: third },
        { device: device(), key: 1, publicKey: first },
      ],
      rotations: [rotation(4, third, fourth), rotation(2, first, second)],
      revocations: [{ device: device(), publicKey: fourth, cuts: [] }],
    }),
  );
  const registrarFile = join(chain.directory, 'registrar.key');
  await writeFile(registrarFile, chain.accounts.registrar.privateKey);
  const enrolAll = async () => {
    let out = '';
    const code = await runCommandLine(
      [
        'enrol',
        file,
        '--rpc',
        chain.local.rpcUrl,
        '--deployment',
        join(chain.directory, 'deployment.json'),
        '--organisation',
        organisation,
        '--registrar-key-file',
        registrarFile,
      ],
      { out: (text) => (out += text), err: (text) => (out += text) },
    );
    return [code, out];
  };
  expect(await enrolAll()).toEqual([
    0,
    '1 of 1 key(s) enrolled, 0 of 0 log(s) opened, the rest was there\n2 of 2 key(s) rotated, 1 of 1 revoked, the rest was so\n',
  ]);
  expect(await enrolAll()).toEqual([
    0,
    '0 of 1 key(s) enrolled, 0 of 0 log(s) opened, the rest was there\n0 of 2 key(s) rotated, 0 of 1 revoked, the rest was so\n',
  ]);
});
