import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equalBytes, isRotationProven, parseMessage, utf8ToBytes, verifyEd25519 } from '@tianyuan/protocol';
import { sampleBodies } from '@tianyuan/protocol/vectors/sample-bodies.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { nextBoot } from './next-boot.ts';
import { makePersonKey, readPassphrase, readPersonKey } from './person-key.ts';
import { signAsPerson, signRotation } from './sign-as-person.ts';

const home = mkdtempSync(join(tmpdir(), 'tianyuan-person-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const at = (name: string) => join(home, name);
const liWei = { person: 'li-wei', key: 1 };
const passphrase = 'oranges of the seventh plot';

describe('a key file', () => {
  test('is sealed, for its owner alone, and opened by its passphrase only', async () => {
    const made = await makePersonKey(at('sealed'), liWei, passphrase);
    expect(statSync(at('sealed')).mode & 0o777).toBe(0o600);
    const text = readFileSync(at('sealed'), 'latin1');
    expect(text.startsWith('age-encryption.org/v1')).toBe(true);
    expect(text).not.toContain('li-wei');
    const opened = await readPersonKey(at('sealed'), passphrase);
    expect(opened).toMatchObject(liWei);
    expect(equalBytes(opened.publicKey, made.publicKey)).toBe(true);
    const signature = opened.sign(utf8ToBytes('x'));
    expect(verifyEd25519(made.publicKey, utf8ToBytes('x'), signature)).toBe(true);
    await expect(readPersonKey(at('sealed'), 'another passphrase')).rejects.toThrow(/cannot be opened/);
    await expect(readPersonKey(at('sealed'), undefined)).rejects.toThrow(/is sealed/);
  });

  test('is never written over', async () => {
    await makePersonKey(at('once'), liWei, undefined);
    const before = readFileSync(at('once'));
    await expect(makePersonKey(at('once'), liWei, undefined)).rejects.toThrow(/there already/);
    expect(readFileSync(at('once'))).toEqual(before);
  });

  test.each([
    ['nothing', ''],
    ['another file', '{"type":"tianyuan/proof/v1"}'],
    ['half a key', '{"type":"tianyuan/person-key/v1","person":"x","key":1}'],
  ])('that holds %s is refused', async (name, text) => {
    writeFileSync(at('bad'), text);
    await expect(readPersonKey(at('bad'), undefined), name).rejects.toThrow(/holds no key/);
  });

  test('is not made for an id that the registry could not have', async () => {
    await expect(makePersonKey(at('none'), { person: 'Li Wei', key: 1 }, undefined)).rejects.toThrow(
      /person/,
    );
  });

  test('is not sealed under a short passphrase', () => {
    writeFileSync(at('short'), 'eleven char\n');
    expect(() => readPassphrase(at('short'))).toThrow(/fewer than 12/);
  });
});

describe('a boot', () => {
  test('never comes twice, whatever the clock says', () => {
    const file = at('boots');
    const now = 1_795_000_000_500;
    const clocks = [now, now, now - 86_400_000, 0, now + 1_000, now];
    const boots = clocks.map((clock) => nextBoot(file, clock));
    expect(new Set(boots).size).toBe(clocks.length);
    expect(boots).toEqual(boots.toSorted((a, b) => a - b));
    expect(boots[0]).toBe(1_795_000_000);
  });

  test('of a copy, or of a backup that was put back, does not go on where the other did', () => {
    const file = at('copied');
    const early = nextBoot(file, 1_795_000_000_000);
    cpSync(`${file}.boots`, `${file}.copy.boots`, { recursive: true });
    const there = nextBoot(`${file}.copy`, 1_795_000_001_000);
    const here = nextBoot(file, 1_795_000_002_000);
    expect(new Set([early, there, here]).size).toBe(3);
  });
});

describe('what a person signs', () => {
  test('is a message under a boot of its own', async () => {
    const key = await makePersonKey(at('signs'), liWei, undefined);
    const messages = [1, 2].map(() =>
      parseMessage(signAsPerson(at('signs'), key, sampleBodies.event, 'b-1')),
    );
    for (const { message, signature, signedBytes } of messages) {
      expect(message).toMatchObject({ device: 'li-wei', key: 1, seq: 1, batch: 'b-1' });
      expect(verifyEd25519(key.publicKey, signedBytes, signature)).toBe(true);
    }
    expect(messages[0]!.message.boot).not.toBe(messages[1]!.message.boot);
  });

  test('that cannot be a message takes no boot', async () => {
    const key = await makePersonKey(at('malformed'), liWei, undefined);
    expect(() => signAsPerson(at('malformed'), key, { event: { type: 'x' } } as never)).toThrow(/event/);
    expect(() => statSync(at('malformed.boots'))).toThrow('ENOENT');
  });

  test('a rotation is proven by the next key and is the last of the old one', async () => {
    const old = await makePersonKey(at('old'), liWei, undefined);
    const fresh = await makePersonKey(at('fresh'), { person: 'li-wei', key: 2 }, undefined);
    const { payload, rotation } = signRotation(at('old'), old, fresh);
    const { message, signature, signedBytes } = parseMessage(payload);
    expect(message).toMatchObject({ key: 1, boot: rotation.lastBoot, seq: rotation.lastSeq });
    expect(verifyEd25519(old.publicKey, signedBytes, signature)).toBe(true);
    expect(isRotationProven(rotation)).toBe(true);
  });
});
