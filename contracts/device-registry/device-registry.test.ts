import { randomBytes } from 'node:crypto';
import { newSecretKey, publicKeyOf } from '@tianyuan/protocol';
import {
  type Contract,
  type ContractTransactionReceipt,
  hexlify,
  id,
  sha256,
  toUtf8Bytes,
  ZeroHash,
} from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AnchorLog, DeviceRegistry } from '../index.ts';
import { revertReason } from '../revert-reason.ts';
import { type SimulatedChain, deploy, openSimulatedChain } from '../simulated-chain.ts';
import { syntheticGrowth } from '../vectors/synthetic-growth.ts';

const [device, person, log] = [0, 1, 2];
const [active, rotated, revoked] = [1, 2, 3];
const [none, cut, anchoredHead] = [0n, 1n, 2n];
const [farm, dairy] = [id('a farm'), id('a dairy')];
const sensor = sha256(toUtf8Bytes('orchard-1'));

let chain: SimulatedChain;
let admin: string;
let dairyman: string;
let anchorLog: Contract;
let registry: Contract;

beforeAll(async () => {
  chain = await openSimulatedChain();
  [admin, dairyman] = chain.accounts.map(({ address }) => address) as [string, string];
});
afterAll(() => chain.close());

beforeEach(async () => {
  anchorLog = await deploy(AnchorLog, chain.accounts[0]!, admin, 0);
  registry = await deploy(DeviceRegistry, chain.accounts[0]!, await anchorLog.getAddress());
  await anchorLog['grantRole']!(await anchorLog['MARKER_ROLE']!(), await registry.getAddress());
  await anchorLog['admitOrganisation']!(farm, admin);
  await anchorLog['grantRole']!(await anchorLog['registrarRole']!(farm), admin);
  await anchorLog['admitOrganisation']!(dairy, dairyman);
  const asDairyman = anchorLog.connect(chain.accounts[1]!) as Contract;
  await asDairyman['grantRole']!(await anchorLog['registrarRole']!(dairy), dairyman);
});

describe('enrolling', () => {
  test('binds a key to a subject and says so', async () => {
    const key = newKey();
    const receipt = await (await enrol(device, sensor, 1, key)).wait();
    expect(names(receipt)).toEqual([
      `SubjectBound(${device}, ${sensor}, ${farm})`,
      `KeyEnrolled(${device}, ${sensor}, ${key}, 1)`,
    ]);
    expect(await registry['organisationOf']!(sensor)).toBe(farm);
    const enrolled = {
      publicKey: key,
      subject: sensor,
      kind: BigInt(device),
      status: BigInt(active),
      keyNumber: 1n,
    };
    expect((await registry['keyOf']!(sensor, 1)).toObject()).toMatchObject(enrolled);
    expect((await registry['keyRecord']!(key)).toObject()).toMatchObject(enrolled);
    expect((await registry['keyRecord']!(key)).enrolledAtBlock).toBe(BigInt(receipt.blockNumber));
    expect(await registry['keyCount']!(sensor)).toBe(1n);
  });

  test('numbers the keys of a subject from 1 without holes', async () => {
    for (const number of [0, 2]) {
      expect(await refusal(enrol(device, sensor, number, newKey()))).toBe(
        `KeyNumberInvalid(${sensor}, ${number}, 1)`,
      );
    }
    await enrol(device, sensor, 1, newKey());
    expect(await refusal(enrol(device, sensor, 1, newKey()))).toBe(`KeyNumberInvalid(${sensor}, 1, 2)`);
    await enrol(device, sensor, 2, newKey());
    expect(await registry['keyCount']!(sensor)).toBe(2n);
  });

  test('binds a key for ever, to one subject', async () => {
    const key = newKey();
    await enrol(device, sensor, 1, key);
    const another = id('another');
    const refused = `KeyAlreadyEnrolled(${key}, ${sensor}, 1)`;
    expect(await refusal(enrol(device, another, 1, key))).toBe(refused);
    expect(await refusal(enrol(device, sensor, 2, key))).toBe(refused);
    await registry['revoke']!(key, []);
    expect(await refusal(enrol(device, another, 1, key))).toBe(refused);
  });

  test('keeps a subject of one kind', async () => {
    await enrol(device, sensor, 1, newKey());
    for (const kind of [person, log]) {
      expect(await refusal(enrol(kind, sensor, 1, newKey()))).toBe(
        `SubjectKindConflict(${sensor}, ${device})`,
      );
    }
  });

  test.each([
    ['zero', ZeroHash],
    ['of order 1', `0x01${'00'.repeat(31)}`],
    ['of order 2', `0xec${'ff'.repeat(30)}7f`],
    ['of order 4, with a sign', `0x${'00'.repeat(31)}80`],
    ['of order 8', '0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['p itself', `0xed${'ff'.repeat(30)}7f`],
    ['as large as 255 bits go', `0x${'ff'.repeat(32)}`],
  ])('refuses a key that is %s', async (_, key) => {
    expect(await refusal(enrol(device, sensor, 1, key))).toBe(`KeyInvalid(${key})`);
  });

  test('takes many keys, or none of them', async () => {
    const [a, b, c] = [newKey(), newKey(), newKey()];
    await enrolMany([
      [device, sensor, 1, a],
      [device, sensor, 2, b],
      [log, id('a log'), 1, c],
    ]);
    expect(await registry['keyCount']!(sensor)).toBe(2n);
    const twice = [
      [person, id('a person'), 1, newKey()],
      [person, id('another person'), 1, a],
    ];
    expect(await refusal(enrolMany(twice))).toBe(`KeyAlreadyEnrolled(${a}, ${sensor}, 1)`);
    expect(await registry['keyCount']!(id('a person'))).toBe(0n);
  });

  test('wants a subject', async () => {
    expect(await refusal(enrol(device, ZeroHash, 1, newKey()))).toBe('SubjectInvalid()');
  });

  test('answers zeros for what is not there', async () => {
    expect((await registry['keyOf']!(sensor, 1)).publicKey).toBe(ZeroHash);
    expect((await registry['keyOf']!(sensor, 0)).publicKey).toBe(ZeroHash);
    expect((await registry['keyRecord']!(newKey())).status).toBe(0n);
  });
});

describe('rotating', () => {
  test('hands over from the last message of the old key', async () => {
    const [old, next] = [newKey(), newKey()];
    await enrol(device, sensor, 1, old);
    const receipt = await (await registry['rotate']!(old, next, 7, 40)).wait();
    expect(names(receipt)).toEqual([
      `KeyRotated(${device}, ${sensor}, ${old}, ${next}, 2, 7, 40)`,
      `KeyEnrolled(${device}, ${sensor}, ${next}, 2)`,
    ]);
    expect((await registry['keyRecord']!(old)).toObject()).toMatchObject({
      status: BigInt(rotated),
      rotatedAtBlock: BigInt(receipt.blockNumber),
      lastBoot: 7n,
      lastSeq: 40n,
    });
    expect((await registry['keyOf']!(sensor, 2)).publicKey).toBe(next);
  });

  test('is for an active key, to a new one', async () => {
    const [old, next] = [newKey(), newKey()];
    expect(await refusal(registry['rotate']!(old, next, 1, 1))).toBe(`KeyUnknown(${old})`);
    await enrol(device, sensor, 1, old);
    expect(await refusal(registry['rotate']!(old, old, 1, 1))).toBe(
      `KeyAlreadyEnrolled(${old}, ${sensor}, 1)`,
    );
    await registry['rotate']!(old, next, 1, 1);
    expect(await refusal(registry['rotate']!(old, newKey(), 1, 1))).toBe(`KeyNotActive(${old}, ${rotated})`);
    await registry['revoke']!(next, []);
    expect(await refusal(registry['rotate']!(next, newKey(), 1, 1))).toBe(
      `KeyNotActive(${next}, ${revoked})`,
    );
  });
});

describe('revoking', () => {
  let key: string;
  let busy: string;
  let quiet: string;

  beforeEach(async () => {
    key = newKey();
    [busy, quiet] = [hexlify(randomBytes(32)), hexlify(randomBytes(32))];
    await enrol(device, sensor, 1, key);
    await anchorLog['openLog']!(busy, farm, admin);
    await anchorLog['openLog']!(quiet, farm, admin);
  });

  test('counts in every log from the head anchored at that moment, whatever is anchored later', async () => {
    const grow = await anchorGrowing(busy, 100, 300);
    expect(await registry['revocationOf']!(key, busy)).toEqual([none, 0n, 0n]);
    const receipt = await (await registry['revoke']!(key, [])).wait();
    expect(names(receipt)).toContain(`KeyRevoked(${device}, ${sensor}, ${key}, 1)`);
    const block = BigInt(receipt.blockNumber);
    expect(await registry['revocationOf']!(key, busy)).toEqual([anchoredHead, 100n, block]);
    await grow();
    expect(await registry['revocationOf']!(key, busy)).toEqual([anchoredHead, 100n, block]);
    expect(await registry['revocationOf']!(key, quiet)).toEqual([anchoredHead, 0n, block]);
    expect(await registry['revocationOf']!(key, id('a log of another farm'))).toEqual([
      anchoredHead,
      0n,
      block,
    ]);
  });

  test('counts from an index where one is named', async () => {
    await anchorGrowing(busy, 100, 300);
    const receipt = await (
      await registry['revoke']!(key, [
        [busy, 40],
        [quiet, 0],
      ])
    ).wait();
    const block = BigInt(receipt.blockNumber);
    expect(names(receipt)).toContain(`KeyCut(${key}, ${busy}, 40)`);
    expect(await registry['revocationOf']!(key, busy)).toEqual([cut, 40n, block]);
    expect(await registry['revocationOf']!(key, quiet)).toEqual([cut, 0n, block]);
  });

  test('again adds cuts and moves them back, never forward, and keeps its moment', async () => {
    const grow = await anchorGrowing(busy, 100, 300);
    const block = BigInt((await (await registry['revoke']!(key, [])).wait()).blockNumber);
    await grow();
    // Late but honest messages: the registrar settles the log later than its head at the revocation.
    await registry['revoke']!(key, [[busy, 130]]);
    expect(await registry['revocationOf']!(key, busy)).toEqual([cut, 130n, block]);
    await registry['revoke']!(key, [[busy, 90]]);
    expect(await registry['revocationOf']!(key, busy)).toEqual([cut, 90n, block]);
    for (const index of [90, 91]) {
      expect(await refusal(registry['revoke']!(key, [[busy, index]]))).toBe(
        `CutNotEarlier(${key}, ${busy}, ${index}, 90)`,
      );
    }
    expect((await registry['keyRecord']!(key)).revocationMark).toBe(1n);
  });

  test('cuts only where something is anchored', async () => {
    await anchorGrowing(busy, 100, 300);
    expect(await refusal(registry['revoke']!(key, [[busy, 101]]))).toBe(
      `CutBeyondHead(${key}, ${busy}, 101, 100)`,
    );
    expect((await registry['keyRecord']!(key)).status).toBe(BigInt(active));
  });

  test('takes rotated keys, with what their rotation said, and no unknown one', async () => {
    const unknown = newKey();
    expect(await refusal(registry['revoke']!(unknown, []))).toBe(`KeyUnknown(${unknown})`);
    await registry['rotate']!(key, newKey(), 7, 40);
    await registry['revoke']!(key, []);
    expect((await registry['keyRecord']!(key)).toObject()).toMatchObject({
      status: BigInt(revoked),
      lastSeq: 40n,
    });
  });

  /** Anchors a log at `size`; the answer grows it to `newSize`. */
  async function anchorGrowing(
    logId: string,
    size: number,
    newSize: number,
  ): Promise<() => Promise<unknown>> {
    const growth = syntheticGrowth(size, newSize, () => randomBytes(32));
    const signature = randomBytes(64);
    await anchorLog['append']!(logId, size, growth.root1, [], signature);
    return () => anchorLog['append']!(logId, newSize, growth.root2, growth.proof, signature);
  }
});

describe('a registrar', () => {
  const asDairy = () => registry.connect(chain.accounts[1]!) as Contract;
  const refused = (organisation: string) => `NotRegistrar(${dairyman}, ${organisation})`;

  test('enrols, rotates and revokes for its own organisation only', async () => {
    const key = newKey();
    await enrol(device, sensor, 1, key);
    expect(await refusal(asDairy()['enrol']!(farm, device, id('a new sensor'), 1, newKey()))).toBe(
      refused(farm),
    );
    expect(await refusal(asDairy()['enrolMany']!(farm, []))).toBe(refused(farm));
    expect(await refusal(asDairy()['rotate']!(key, newKey(), 1, 1))).toBe(refused(farm));
    expect(await refusal(asDairy()['revoke']!(key, []))).toBe(refused(farm));
    expect(await refusal(asDairy()['enrol']!(dairy, device, id('a tank'), 1, newKey()))).toBeUndefined();
  });

  test('adds no key to a subject of another organisation, a revoked key’s included', async () => {
    const key = newKey();
    await enrol(device, sensor, 1, key);
    await registry['revoke']!(key, []);
    expect(await refusal(asDairy()['enrol']!(dairy, device, sensor, 2, newKey()))).toBe(
      `SubjectOfOtherOrganisation(${sensor}, ${farm})`,
    );
  });

  test('enrols no key of a log that another organisation opened', async () => {
    const opened = hexlify(randomBytes(32));
    await anchorLog['openLog']!(opened, farm, admin);
    expect(await refusal(asDairy()['enrol']!(dairy, log, opened, 1, newKey()))).toBe(
      `SubjectOfOtherOrganisation(${opened}, ${farm})`,
    );
    expect(await refusal(enrol(log, opened, 1, newKey()))).toBeUndefined();
  });

  test('is one by its organisation’s word, which neither the default admin nor the organisation’s role replaces', async () => {
    await anchorLog['revokeRole']!(await anchorLog['registrarRole']!(farm), admin);
    expect(await refusal(enrol(device, sensor, 1, newKey()))).toBe(`NotRegistrar(${admin}, ${farm})`);
  });
});

/** As the farm's registrar. */
function enrol(kind: number, subject: string, keyNumber: number, publicKey: string) {
  return registry['enrol']!(farm, kind, subject, keyNumber, publicKey);
}

const enrolMany = (enrolments: unknown[]) => registry['enrolMany']!(farm, enrolments);

function newKey(): string {
  return hexlify(publicKeyOf(newSecretKey()));
}

const refusal = (call: Promise<unknown>) => revertReason(call, registry);

function names(receipt: ContractTransactionReceipt): string[] {
  return receipt.logs
    .map((entry) => registry.interface.parseLog(entry))
    .filter((event) => event !== null)
    .map(({ name, args }) => `${name}(${args.map(String).join(', ')})`);
}
