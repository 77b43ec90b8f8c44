import {
  encodeBase64url,
  proveRotation,
  signEd25519,
  signMessage,
  type Rotation,
  type UnprovenRotation,
} from '@tianyuan/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type VerifyPool, openVerifyPool } from '../accept/verify-pool.ts';
import { type TestBroker, connectDevice, openTestBroker } from '../test-broker.ts';
import { type TestDevice, enrolmentOf, newTestDevice, signedMessage } from '../test-device.ts';
import { addKey } from './device-keys.ts';
import { enrolDevice } from './enrol-device.ts';

let pool: VerifyPool;
let door: TestBroker;
const old = newTestDevice('truck');
const fresh = newTestDevice('truck');
beforeAll(() => {
  pool = openVerifyPool(1);
});
afterAll(() => pool.close());
beforeEach(async () => {
  door = await openTestBroker(pool);
  enrolDevice(door.store, enrolmentOf(old), 0);
  onTestFinished(() => door.close());
});

async function publisher(): Promise<(payload: Buffer) => Promise<unknown>> {
  const client = await connectDevice(door.broker, old);
  onTestFinished(() => void client.end(true));
  return (payload) => client.publishAsync('ty/v1/gw/truck/up', payload, { qos: 1 });
}

const underNewKey = (seq: number, boot = 2) => signedMessage(fresh, { key: 2, boot, seq });

function rotationMessage(
  by: TestDevice,
  seq: number,
  change: Partial<Rotation> = {},
  prover = fresh,
  signedAs = { key: 1, boot: 1 },
): Buffer {
  const unproven: UnprovenRotation = {
    device: 'truck',
    key: 2,
    lastBoot: 1,
    lastSeq: 3,
    publicKey: encodeBase64url(fresh.publicKey),
    ...change,
  };
  const rotation = proveRotation(unproven, (input) => signEd25519(prover.secretKey, input));
  const message = { v: 1, device: 'truck', ...signedAs, seq, time: Date.now(), rotation } as const;
  return Buffer.from(signMessage(message, (input) => signEd25519(by.secretKey, input)));
}

describe('a key that hands over', () => {
  test('counts until its last message, whenever that comes, and the new one beside it', async () => {
    const publish = await publisher();
    const [first, second, third, fourth] = [1, 2, 3, 4].map((seq) => signedMessage(old, { seq }));
    await publish(first!);
    await publish(rotationMessage(old, 2));
    await publish(underNewKey(1));
    await publish(third!); // late, and within its time
    await publish(fourth!);
    await publish(signedMessage(old, { boot: 2, seq: 1 }));
    await publish(second!); // the number of the rotation itself
    expect(door.quarantine.counts()).toEqual({ REVOKED_KEY: 2, EQUIVOCATION: 1 });
    expect(door.payloads()).toHaveLength(5);
    expect(
      door.store.sqlite.prepare('SELECT kind, key, last_boot, last_seq FROM registry_requests').all(),
    ).toEqual([
      { kind: 'enrol', key: 1, last_boot: null, last_seq: null },
      { kind: 'rotate', key: 2, last_boot: 1, last_seq: 3 },
    ]);
  });

  test('counts for what comes right behind the message that brings it, in one read of a backlog', async () => {
    const publish = await publisher();
    const third = newTestDevice('truck');
    const next = { key: 3, lastBoot: 2, lastSeq: 9, publicKey: encodeBase64url(third.publicKey) };
    const backlog = [
      signedMessage(old, { seq: 1 }),
      underNewKey(7),
      rotationMessage(old, 2),
      underNewKey(1),
      underNewKey(2),
      rotationMessage(fresh, 3, next, third, { key: 2, boot: 2 }),
      underNewKey(4),
      signedMessage(third, { key: 3, boot: 3, seq: 1 }),
    ];
    await Promise.all(backlog.map((payload) => publish(payload)));
    // In front of the key that it needs there is none: the device sends in its own order.
    expect(door.quarantine.counts()).toEqual({ UNKNOWN_DEVICE: 1 });
    expect(door.payloads()).toEqual(backlog.toSpliced(1, 1).map(String));
  });

  test('ends for what comes behind its last message, also in the same read and in the ones on their way', async () => {
    const publish = await publisher();
    const backlog = [
      signedMessage(old, { seq: 1 }),
      rotationMessage(old, 2),
      signedMessage(old, { seq: 3 }),
      signedMessage(old, { seq: 4 }),
      underNewKey(1),
      signedMessage(old, { boot: 2, seq: 1 }),
    ];
    await Promise.all(backlog.map((payload) => publish(payload)));
    expect(door.quarantine.counts()).toEqual({ REVOKED_KEY: 2 });
    expect(door.payloads()).toEqual([0, 1, 2, 4].map((i) => String(backlog[i])));
  });

  test('by the owner’s word, and where nobody says when, counts to the end of the boot it is in', async () => {
    const publish = await publisher();
    await publish(signedMessage(old, { boot: 5, seq: 1 }));
    door.store.sqlite
      .transaction(() => addKey(door.store, { device: 'truck', publicKey: fresh.publicKey }, 1))
      .immediate();
    door.register.touch();
    await publish(signedMessage(old, { boot: 5, seq: 900 }));
    await publish(signedMessage(old, { boot: 4, seq: 1 }));
    await publish(underNewKey(1, 6));
    await publish(signedMessage(old, { boot: 6, seq: 2 }));
    expect(door.quarantine.counts()).toEqual({ REVOKED_KEY: 1 });
  });

  test.each<[string, () => Buffer, object]>([
    [
      'a key that did not prove itself',
      () => rotationMessage(old, 1, {}, old),
      { BAD_SIGNATURE: 1, UNKNOWN_DEVICE: 1 },
    ],
    ['a number that does not follow', () => rotationMessage(old, 1, { key: 3 }), { UNKNOWN_DEVICE: 1 }],
    ['another device', () => rotationMessage(old, 1, { device: 'van' }), { UNKNOWN_DEVICE: 1 }],
    [
      'a key that somebody has',
      () => rotationMessage(old, 1, { publicKey: encodeBase64url(old.publicKey) }, old),
      { UNKNOWN_DEVICE: 1 },
    ],
  ])('hands over to nobody in a message about %s', async (_, message, counts) => {
    const publish = await publisher();
    await publish(message());
    await publish(underNewKey(1));
    expect(door.quarantine.counts()).toEqual(counts);
    expect(door.register.keyring().get('truck/1')).toMatchObject({ revoked: false });
    expect(door.register.keyring().get('truck/1')!.last).toBeUndefined();
  });
});
