import { maxMessageBytes, signCoseMessage, signEd25519 } from '@tianyuan/protocol';
import fc from 'fast-check';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BenchDevice, type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';
import { readGateway } from './read-gateway.ts';

const total = 10_000;
const quarantineMaxBytes = 256 * 1024;

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway(1, { flags: [`--quarantine-max-bytes=${quarantineMaxBytes}`] });
});
afterAll(() => gateway?.stop());

function good(device: BenchDevice, seq: number): Buffer {
  const readings = [{ type: 'temperature' as const, value: 4_000 }];
  return Buffer.from(signFor(device, { boot: 1, seq, time: 1_795_000_000_000, readings }));
}

function goodCose({ id, secretKey }: BenchDevice, seq: number): Buffer {
  const readings = [{ type: 'temperature' as const, value: 4_000 }];
  const message = { v: 1, device: id, key: 1, boot: 1, seq, time: 1_795_000_000_000, readings } as const;
  return Buffer.from(signCoseMessage(message, (input) => signEd25519(secretKey, input)));
}

/** What is larger than a message may be, and still a packet that is read. */
const oversize = 100;

/** Payloads of every kind of wrongness: noise, other JSON, and messages that are right but for one thing. */
function hostile(device: BenchDevice): fc.Arbitrary<Uint8Array> {
  const right = good(device, 1_000_000);
  const text = right.toString();
  const cose = goodCose(device, 1_000_000);
  const position = fc.nat(right.length - 1);
  const members = JSON.parse(text) as Record<string, unknown>;
  return fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.json().map((json) => Buffer.from(json)),
    fc.tuple(position, fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const bytes = Buffer.from(right);
      bytes[at] = bytes[at]! ^ flip;
      return bytes;
    }),
    position.map((at) => right.subarray(0, at)),
    fc
      .tuple(position, fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([at, bytes]) => Buffer.concat([right.subarray(0, at), bytes, right.subarray(at)])),
    fc
      .tuple(fc.constantFrom(...Object.keys(members)), fc.jsonValue())
      .map(([name, value]) => Buffer.from(JSON.stringify({ ...members, [name]: value }))),
    fc.constantFrom(' ', '\n', '\uFEFF').map((space) => Buffer.from(space + text)),
    fc.constant(Buffer.from('['.repeat(8_000))),
    // The COSE profile: a byte changed, cut off, or put in.
    fc.tuple(fc.nat(cose.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const bytes = Buffer.from(cose);
      bytes[at] = bytes[at]! ^ flip;
      return bytes;
    }),
    fc.nat(cose.length - 1).map((at) => cose.subarray(0, at)),
    fc
      .tuple(fc.nat(cose.length), fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([at, bytes]) => Buffer.concat([cose.subarray(0, at), bytes, cose.subarray(at)])),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([cose.subarray(0, 1), bytes])),
  );
}

test(`${total} payloads of a fuzzer are refused, acknowledged and counted, and nothing else happens`, async () => {
  const device = gateway.devices[0]!;
  const right = good(device, 1_000_000);
  const payloads = fc
    .sample(hostile(device), { numRuns: total + 500 })
    .filter((payload) => !right.equals(payload))
    .slice(0, total - oversize)
    .concat(
      Array.from({ length: oversize }, (_, i) => {
        const bytes = i % 2 === 0 ? right : goodCose(device, 1_000_000);
        return Buffer.concat([bytes, Buffer.alloc(maxMessageBytes + 1 + i - bytes.length, ' ')]);
      }),
    );
  expect(payloads).toHaveLength(total);

  const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
  const packets = (list: readonly Uint8Array[]) =>
    list.map((payload, i) => publishPacket(gateway.topic(device), payload, i));
  await publisher.sendAll(packets([good(device, 1)]), 1);
  await publisher.sendAll(packets(payloads), 32);
  await publisher.sendAll(packets([good(device, 2)]), 1);
  publisher.close();

  const after = await gateway.status();
  expect([...readGateway(gateway.dataDir).countersByDevice]).toEqual([
    [
      device.id,
      [
        [1, 1],
        [1, 2],
      ],
    ],
  ]);
  const refused = Object.values(after.refused).reduce((sum, count) => sum + count, 0);
  expect(refused).toBe(total);
  const possible = new Set([
    'TOO_LARGE',
    'BAD_SIGNATURE',
    'IDENTITY_MISMATCH',
    'MALFORMED',
    'UNKNOWN_DEVICE',
  ]);
  expect(Object.keys(after.refused).filter((code) => !possible.has(code))).toEqual([]);
  expect(after.refused['MALFORMED']).toBeGreaterThan(total / 2);
  expect(after.refused['TOO_LARGE']).toBe(oversize);

  const db = new Database(join(gateway.dataDir, 'gateway.db'), { readonly: true });
  const kept = db.prepare('SELECT COALESCE(SUM(LENGTH(payload)), 0) FROM quarantine').pluck().get();
  db.close();
  expect(kept).toBeLessThanOrEqual(quarantineMaxBytes);
});
