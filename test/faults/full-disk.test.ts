import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type BenchDevice, type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';
import { readGateway } from './read-gateway.ts';
import { mountDisk, unmountDisk } from './small-disk.ts';

const diskBytes = 24 * 1024 * 1024;
const reserveBytes = 2 * 1024 * 1024;
const disk = mountDisk(diskBytes, 'test/faults/full-disk.test.ts');
const filler = join(disk ?? '', 'filler');
let gateway: GatewayUnderTest;
let said = '';

beforeAll(async () => {
  if (disk === undefined) return;
  gateway = await startGateway(1, { parent: disk, flags: [`--capacity-reserve-bytes=${reserveBytes}`] });
  listen();
}, 30_000);
afterAll(async () => {
  if (disk === undefined) return;
  await gateway?.stop();
  unmountDisk(disk);
}, 30_000);

function listen(): void {
  gateway.process.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
}

type Capacity = { level: string; refusing: boolean; reserveHeld: boolean };
const until = (expected: Partial<Capacity>) =>
  vi.waitFor(async () => expect(await gateway.status()).toMatchObject({ capacity: expected }), {
    timeout: 15_000,
    interval: 100,
  });

let seq = 0;
const acknowledged: number[] = [];

/** On their way at once: what was kept may have lost its PUBACK to the connection's end. */
const inFlight = 20;

/** Publishes in order, as a device with a memory does: what had no PUBACK comes again the next time. @returns whether all had one */
async function publish(device: BenchDevice, count: number): Promise<boolean> {
  const { id, token } = device;
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    clientId: id,
    username: id,
    password: token,
    reconnectPeriod: 0,
  });
  const closed = new Promise<false>((resolve) => client.once('close', () => resolve(false)));
  const send = (next: number): Promise<boolean> => {
    const readings = Array.from({ length: 64 }, (_, r) => ({
      type: 'temperature' as const,
      value: 4_000 + r,
      dt: r,
    }));
    const time = 1_795_000_000_000 + next;
    const payload = Buffer.from(signFor(device, { boot: 1, seq: next, time, readings }));
    const answered = client.publishAsync(gateway.topic(device), payload, { qos: 1 }).then(
      () => true,
      () => false,
    );
    return Promise.race([answered, closed]);
  };
  try {
    for (let sent = 0; sent < count; sent += inFlight) {
      const window = Array.from({ length: Math.min(inFlight, count - sent) }, (_, i) => seq + 1 + i);
      const answers = await Promise.all(window.map(send));
      const failed = answers.indexOf(false);
      const known = failed === -1 ? window : window.slice(0, failed);
      acknowledged.push(...known);
      seq += known.length;
      if (failed !== -1) return false;
    }
    return true;
  } finally {
    client.end(true);
  }
}

/** Takes all that is left of the disk. */
function fillUp(): void {
  const descriptor = openSync(filler, 'w');
  try {
    // In steps of a page at last: a write that does not fit whole is cut short, and only the next one fails.
    for (const chunk of [Buffer.alloc(64 * 1024, 1), Buffer.alloc(4096, 1)]) {
      expect(() => {
        for (;;) writeSync(descriptor, chunk);
      }).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    }
  } finally {
    closeSync(descriptor);
  }
}

test.skipIf(disk === undefined)(
  'a disk that others fill: no PUBACK for what is not kept, a plain complaint, a start on it, and all of it once there is room',
  async () => {
    const device = gateway.devices[0]!;
    expect(await publish(device, 50)).toBe(true);
    await until({ reserveHeld: true });

    fillUp();
    expect(await publish(device, 5_000)).toBe(false);
    await until({ level: 'full', refusing: true, reserveHeld: false });
    expect(said).toContain('the disk is full; the reserve is given back, and new messages are refused');
    expect(await publish(device, 1)).toBe(false);

    rmSync(filler);
    await until({ refusing: false, reserveHeld: true });
    expect(await publish(device, 60)).toBe(true);

    // Power fails, and others fill the disk before it comes back.
    await gateway.kill();
    fillUp();
    await gateway.restart();
    listen();
    await until({ level: 'full', refusing: true });
    expect(await publish(device, 1)).toBe(false);
    rmSync(filler);
    await until({ refusing: false, reserveHeld: true });
    expect(await publish(device, 60)).toBe(true);

    await gateway.kill();
    const { countersByDevice, others } = readGateway(gateway.dataDir);
    expect(others).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(150);
    expect(countersByDevice.get(device.id)!.map(([, one]) => one)).toEqual(acknowledged);
  },
  60_000,
);
