import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeBase64 } from '@tianyuan/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../keep/store.ts';
import { enrolmentOf, newTestDevice } from '../test-device.ts';
import { newTestStore } from '../test-store.ts';
import {
  type Enrolment,
  enrolDevice,
  enrolmentSchema,
  listDevices,
  openDeviceRegister,
} from './device-register.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function openTestRegister() {
  const { store, dataDir, remove } = newTestStore();
  onTestFinished(remove);
  return { store, dataDir, register: openDeviceRegister(store) };
}

const one = newTestDevice('one');
const token = (text: string) => Buffer.from(text);

describe('enrolment', () => {
  test('gives a device its token and its key', () => {
    const { store, register } = openTestRegister();
    enrolDevice(store, enrolmentOf(one), 1);
    expect(register.authenticates('one', token(one.token))).toBe(true);
    expect([...register.keyring()]).toEqual([
      ['one/1', { id: 1, device: 'one', key: 1, publicKey: Buffer.from(one.publicKey), revoked: false }],
    ]);
    expect(listDevices(store)).toEqual([
      { device: 'one', key: 1, publicKey: encodeBase64(one.publicKey), revoked: false },
    ]);
  });

  test('again changes nothing; with another token, the token', () => {
    const { store, register } = openTestRegister();
    enrolDevice(store, enrolmentOf(one), 1);
    enrolDevice(store, enrolmentOf(one), 2);
    enrolDevice(store, { ...enrolmentOf(one), token: 'a new token, lost the old' }, 3);
    expect(listDevices(store)).toHaveLength(1);
    expect(register.authenticates('one', token(one.token))).toBe(false);
    expect(register.authenticates('one', token('a new token, lost the old'))).toBe(true);
  });

  test('adds a further key under its own number', () => {
    const { store, register } = openTestRegister();
    enrolDevice(store, enrolmentOf(one), 1);
    enrolDevice(store, { ...enrolmentOf(newTestDevice('one')), key: 2 }, 1);
    expect([...register.keyring().keys()]).toEqual(['one/1', 'one/2']);
  });

  test.each<[string, Enrolment, string]>([
    [
      'another key under a number that is taken',
      enrolmentOf(newTestDevice('one')),
      'key 1 is enrolled with another public key; use the next number',
    ],
    [
      'a key that is another device’s',
      enrolmentOf({ ...one, id: 'two' }),
      'two: this public key is already key 1 of one',
    ],
    [
      'a key under a second number',
      { ...enrolmentOf(one), key: 2 },
      'one: this public key is already key 1 of one',
    ],
  ])('refuses %s, and the token that came with it', (_, enrolment, message) => {
    const { store, register } = openTestRegister();
    enrolDevice(store, enrolmentOf(one), 1);
    const conflicting = { ...enrolment, token: 'a token that must not count' };
    expect(() => enrolDevice(store, conflicting, 2)).toThrow(
      expect.objectContaining({ code: 'DEVICE', message: expect.stringContaining(message) }),
    );
    expect(register.authenticates(enrolment.device, token(conflicting.token))).toBe(false);
    expect(listDevices(store)).toHaveLength(1);
  });

  test.each([
    ['of small order', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['the identity', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['not canonical', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['too short', '01'],
  ])('refuses a key that is %s', (_, hex) => {
    const { store } = openTestRegister();
    const enrolment = { ...enrolmentOf(one), publicKey: Buffer.from(hex, 'hex').toString('base64') };
    expect(() => enrolDevice(store, enrolment, 1)).toThrow(
      'one: the public key is no acceptable Ed25519 key',
    );
  });

  test.each([
    { ...enrolmentOf(one), device: 'One' },
    { ...enrolmentOf(one), device: '..' },
    { ...enrolmentOf(one), device: 'a/b' },
    { ...enrolmentOf(one), device: '+' },
    { ...enrolmentOf(one), key: 0 },
    { ...enrolmentOf(one), token: 'short' },
  ])('its file refuses %j', (line) => {
    expect(enrolmentSchema.safeParse(line).success).toBe(false);
  });
});

describe('authentication', () => {
  test('is by the device’s own token alone', () => {
    const { store, register } = openTestRegister();
    const two = newTestDevice('two');
    for (const device of [one, two]) enrolDevice(store, enrolmentOf(device), 1);
    expect(register.authenticates('one', token(two.token))).toBe(false);
    expect(register.authenticates('three', token(one.token))).toBe(false);
    expect(register.authenticates('one', token(''))).toBe(false);
    expect(register.authenticates("one' OR '1'='1", token(one.token))).toBe(false);
  });
});

describe('the keyring', () => {
  test('is one and the same until somebody else changed the store', () => {
    const { store, dataDir, register } = openTestRegister();
    enrolDevice(store, enrolmentOf(one), 1);
    const before = register.keyring();
    expect(register.keyring()).toBe(before);
    const other = openStore(dataDir);
    onTestFinished(other.close);
    enrolDevice(other, enrolmentOf(newTestDevice('two')), 1);
    const after = register.keyring();
    expect(after).not.toBe(before);
    expect([...after.keys()]).toEqual(['one/1', 'two/1']);
    other.sqlite.exec("UPDATE device_keys SET revoked = 1 WHERE device = 'one'");
    expect(register.keyring().get('one/1')!.revoked).toBe(true);
  });

  test('notices what `devices import` did in another process', () => {
    const { dataDir, register } = openTestRegister();
    expect(register.keyring().size).toBe(0);
    const file = join(dataDir, 'enrolment.json');
    writeFileSync(file, JSON.stringify([enrolmentOf(one), enrolmentOf(newTestDevice('two'))]));
    const said = execFileSync(process.execPath, [main, 'devices', 'import', file, '--data-dir', dataDir], {
      encoding: 'utf8',
    });
    expect(said).toBe('2 devices enrolled\n');
    expect([...register.keyring().keys()]).toEqual(['one/1', 'two/1']);
    const list = execFileSync(process.execPath, [main, 'devices', 'list', '--data-dir', dataDir], {
      encoding: 'utf8',
    });
    expect(list.split('\n')[0]).toBe(`one 1 ${encodeBase64(one.publicKey)}`);
  });

  test('is no larger on its way to a thread than its keys', () => {
    const { store, register } = openTestRegister();
    enrolDevice(store, enrolmentOf(one), 1);
    // structuredClone, and so postMessage, copies all of the memory behind a view.
    expect(register.keyring().get('one/1')!.publicKey.buffer.byteLength).toBe(32);
  });
});
