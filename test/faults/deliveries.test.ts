import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BenchDevice, type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';
import { readGateway } from './read-gateway.ts';

const gatewayMain = fileURLToPath(new URL('../../gateway-agent/main.ts', import.meta.url));

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway(5);
});
afterAll(() => gateway?.stop());

function packetsOf(device: BenchDevice, boot: number, seqs: readonly number[]): Buffer[] {
  return seqs.map((seq, i) => {
    const readings = [{ type: 'temperature' as const, value: 4_000 + seq }];
    const payload = signFor(device, { boot, seq, time: 1_795_000_000_000 + seq, readings });
    return publishPacket(gateway.topic(device), payload, i);
  });
}

function countersOf({ id }: BenchDevice, boot: number): number[] {
  const counters = readGateway(gateway.dataDir).countersByDevice.get(id) ?? [];
  return counters.filter(([itsBoot]) => itsBoot === boot).map(([, seq]) => seq);
}

const duplicates = async () => (await gateway.status()).refused['DUPLICATE'] ?? 0;

/** As a list comes out of a store that was replayed, reversed and merged: everything, some of it up to three times. */
const shuffled = (count: number) =>
  fc
    .sample(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: count, maxLength: count }).chain((times) => {
        const all = times.flatMap((n, i) => Array.from({ length: n }, () => i + 1));
        return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
      }),
      1,
    )
    .flat();

test('messages that come in any order and up to three times are logged once, in the order in which they first came', async () => {
  const before = await duplicates();
  const orders = gateway.devices.map(() => shuffled(200));
  await Promise.all(
    gateway.devices.map(async (device, d) => {
      const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
      await publisher.sendAll(packetsOf(device, 1, orders[d]!), 32);
      publisher.close();
    }),
  );
  gateway.devices.forEach((device, d) => expect(countersOf(device, 1)).toEqual([...new Set(orders[d])]));
  const repeated = orders.reduce((sum, order) => sum + order.length - 200, 0);
  expect((await duplicates()) - before).toBe(repeated);
});

test('a store that another process is writing to makes devices wait, and loses nothing', async () => {
  const device = gateway.devices[0]!;
  const other = new Database(join(gateway.dataDir, 'gateway.db'));
  other.exec('BEGIN IMMEDIATE');
  const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
  const seqs = Array.from({ length: 50 }, (_, i) => i + 1);
  const sending = publisher.sendAll(packetsOf(device, 2, seqs), 50);
  let acknowledged = false;
  void sending.then(() => (acknowledged = true));
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // how long the other one writes
  expect(acknowledged).toBe(false);
  other.exec('ROLLBACK');
  other.close();
  await sending;
  publisher.close();
  expect(countersOf(device, 2)).toEqual(seqs);
});

test('a store that another process never lets go of costs the connection, no PUBACK is given, and it goes on afterwards', async () => {
  const device = gateway.devices[2]!;
  const seqs = Array.from({ length: 50 }, (_, i) => i + 1);
  const packets = packetsOf(device, 4, seqs);
  const other = new Database(join(gateway.dataDir, 'gateway.db'));
  const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
  await publisher.sendQueued(packets[0]!);
  other.exec('BEGIN IMMEDIATE');
  // For longer than the gateway waits for it: until that gives up by itself.
  await expect(publisher.sendAll(packets.slice(1), 10)).rejects.toThrow('closed the connection');
  expect(countersOf(device, 4)).toEqual([1]);
  expect((await fetch(`${gateway.httpUrl()}/healthz`)).status).toBe(200);
  other.exec('ROLLBACK');
  other.close();
  const again = await openRawPublisher(gateway.mqttPort, device.id, device.token);
  await again.sendAll(packets, 10);
  again.close();
  expect(countersOf(device, 4)).toEqual(seqs);
});

test('a gateway that restarts between any two messages takes up exactly where it was', async () => {
  const device = gateway.devices[1]!;
  const seqs = Array.from({ length: 12 }, (_, i) => i + 1);
  for (const [i, packet] of packetsOf(device, 3, seqs).entries()) {
    const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
    await publisher.sendQueued(packet);
    publisher.close();
    if (i % 4 !== 3) continue;
    await gateway.kill();
    await gateway.restart();
  }
  expect(countersOf(device, 3)).toEqual(seqs);
});

test('a second agent on the directory is refused, and the first one does not notice', async () => {
  const { logged } = await gateway.status();
  const args = ['--gateway=bench', '--origin=bench.example/log', `--data-dir=${gateway.dataDir}`];
  const second = spawn(process.execPath, [gatewayMain, ...args, '--mqtt-port=0', '--http-port=0']);
  let said = '';
  second.stderr.on('data', (chunk) => (said += String(chunk)));
  const [code] = (await once(second, 'exit')) as [number];
  expect(code).toBe(1);
  expect(said).toContain(`another gateway-agent runs on ${gateway.dataDir}`);
  expect((await gateway.status()).logged).toBe(logged);
});
