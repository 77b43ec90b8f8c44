import type { ChainEvent, FollowStep } from '@tianyuan/chain';
import { bytesToHex, newSecretKey, publicKeyOf, sha256, utf8ToBytes } from '@tianyuan/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { enrolmentOf, newTestDevice } from '../test-device.ts';
import { newTestStore } from '../test-store.ts';
import { addKey, keysOf } from './device-keys.ts';
import { listDevices, openDeviceRegister } from './device-register.ts';
import { enrolDevice } from './enrol-device.ts';
import { openRegistryCopy } from './registry-copy.ts';

const device = newTestDevice('truck');
const cursor = { genesisHash: `0x${'0'.repeat(64)}`, recent: [{ number: 1, hash: `0x${'1'.repeat(64)}` }] };
const newKey = () => publicKeyOf(newSecretKey());

function openCopy() {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  enrolDevice(store, enrolmentOf(device), 0);
  const register = openDeviceRegister(store);
  const copy = openRegistryCopy(store, 'f'.repeat(64));
  const apply = (step: object): boolean => {
    const changed = copy.apply({ ...step, cursor } as FollowStep, 'registry', new Map());
    register.touch();
    return changed;
  };
  const enrolled = (blockNumber: number, keyNumber: number, publicKey: Uint8Array) =>
    apply({
      kind: 'events',
      events: [
        {
          kind: 'KeyEnrolled',
          subjectKind: 'device',
          subject: bytesToHex(sha256(utf8ToBytes(device.id))),
          keyNumber,
          publicKey,
          blockNumber,
          logIndex: 0,
        } as unknown as ChainEvent,
      ],
    });
  const rollback = (toBlock: number) => apply({ kind: 'rollback', toBlock });
  const nothing = () => apply({ kind: 'events', events: [] });
  const key = (number: number) => register.keyring().get(`${device.id}/${number}`);
  const see = (number: number) =>
    store.sqlite
      .prepare('INSERT INTO seen (key_id, boot, seq, idx) VALUES (?, 1, 1, 0)')
      .run(key(number)!.id);
  const rows = () => store.sqlite.prepare('SELECT COUNT(*) FROM device_keys').pluck().get();
  const numbers = () => keysOf(store, device.id).map((one) => one.key);
  return { store, enrolled, rollback, nothing, key, see, rows, numbers };
}

test.each([true, false])(
  'a key that the chain took back makes room for the one that has its number (seen: %s)',
  (isSeen) => {
    const { store, enrolled, rollback, key, see, rows, numbers, nothing } = openCopy();
    const [lost, real] = [newKey(), newKey()];
    expect(enrolled(5, 2, lost)).toBe(true);
    expect(key(2)!.publicKey).toEqual(Buffer.from(lost));
    if (isSeen) see(2);
    expect(rollback(4)).toBe(true);
    expect(numbers()).toEqual([1]);
    expect(listDevices(store)).toHaveLength(1);
    expect(enrolled(5, 2, real)).toBe(true);
    expect(key(2)!.publicKey).toEqual(Buffer.from(real));
    nothing();
    expect(rows()).toBe(isSeen ? 3 : 2);
    expect(nothing()).toBe(false);
  },
);

test('a key that the chain shows again is the same one, with its messages and what the owner said of it', () => {
  const { store, enrolled, rollback, key, see, nothing } = openCopy();
  const publicKey = newKey();
  enrolled(5, 2, publicKey);
  see(2);
  const { id } = key(2)!;
  store.sqlite.prepare('UPDATE device_keys SET revoked = 1 WHERE id = ?').run(id);
  rollback(4);
  nothing();
  expect(key(2)).toBeUndefined();
  enrolled(6, 3, publicKey);
  expect(key(3)).toMatchObject({ id, revoked: true });
});

test('the owner’s next key takes the number that an orphan from before has', () => {
  const { store, enrolled, numbers } = openCopy();
  enrolled(5, 2, newKey());
  store.sqlite.exec('DELETE FROM registry_events');
  const given = store.sqlite
    .transaction(() => addKey(store, { device: device.id, publicKey: newKey() }, 1))
    .immediate();
  expect(given.key).toBe(2);
  expect(numbers()).toEqual([1, 2]);
});
