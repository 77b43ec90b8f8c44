import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@tianyuan/gateway-agent/keep/store.ts';
import { openLog } from '@tianyuan/gateway-agent/log/log.ts';
import { appendToRange, bytesToHex, leafHash, rangeRoot } from '@tianyuan/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';
import { readGateway } from './read-gateway.ts';

// A power cut may leave any part of what was not synced yet at the end of the WAL, whole, torn or as other bytes. What
// was synced, and so acknowledged, is not touched by it.
const messages = 120;

let gateway: GatewayUnderTest;
let work: string;
/** the log as it was acknowledged, and the WAL's length then */
let acknowledged: { entries: Buffer[]; walBytes: number };

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'tianyuan-torn-'));
  gateway = await startGateway(1);
  const device = gateway.devices[0]!;
  const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
  for (let seq = 1; seq <= messages; seq++) {
    const readings = [{ type: 'temperature' as const, value: 4_000 + seq }];
    const payload = signFor(device, { boot: 1, seq, time: 1_795_000_000_000 + seq, readings });
    await publisher.sendQueued(publishPacket(gateway.topic(device), payload, seq));
  }
  await gateway.kill();
  const wal = readFileSync(join(gateway.dataDir, 'gateway.db-wal'));
  cpSync(gateway.dataDir, join(work, 'reference'), { recursive: true });
  const { entries } = readGateway(join(work, 'reference'));
  acknowledged = { entries, walBytes: wal.length };
});
afterAll(async () => {
  await gateway?.stop();
  rmSync(work, { recursive: true, force: true });
});

/** Opens a copy of the killed gateway's directory whose WAL was changed as a power cut might; what its log holds. */
function openAfter(change: (wal: Buffer) => Buffer): { entries: Buffer[]; root: string } {
  const directory = mkdtempSync(join(work, 'cut-'));
  cpSync(gateway.dataDir, directory, { recursive: true });
  const file = join(directory, 'gateway.db-wal');
  writeFileSync(file, change(readFileSync(file)));
  const store = openStore(directory);
  try {
    const log = openLog(store);
    const entries = store.sqlite.prepare('SELECT entry FROM entries ORDER BY idx').pluck().all() as Buffer[];
    expect(log.size()).toBe(entries.length);
    return { entries, root: bytesToHex(log.root()) };
  } finally {
    store.close();
    rmSync(directory, { recursive: true });
  }
}

function rootOf(entries: readonly Buffer[]): string {
  const range = { size: 0, nodes: [] };
  for (const entry of entries) appendToRange(range, leafHash(entry));
  return bytesToHex(rangeRoot(range));
}

test('bytes of a commit that was never acknowledged, whole or torn, cost nothing that was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), (torn) => {
      const { entries, root } = openAfter((wal) => Buffer.concat([wal, torn]));
      expect(entries).toEqual(acknowledged.entries);
      expect(root).toBe(rootOf(entries));
    }),
    { numRuns: 25 },
  );
});

test('a disk that lies about a sync loses the newest commits and nothing else: the log is a prefix, under its own root', () => {
  let shorter = 0;
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (part) => {
      const { entries, root } = openAfter((wal) => wal.subarray(0, Math.floor(wal.length * part)));
      expect(entries).toEqual(acknowledged.entries.slice(0, entries.length));
      expect(root).toBe(rootOf(entries));
      if (entries.length < acknowledged.entries.length) shorter += 1;
    }),
    { numRuns: 40 },
  );
  expect(shorter).toBeGreaterThan(0);
});

test('a byte that changed in the WAL ends it there, and is never read as a log', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      (part, flip) => {
        const { entries, root } = openAfter((wal) => {
          const at = Math.floor(wal.length * part);
          wal[at] = wal[at]! ^ flip;
          return wal;
        });
        expect(entries).toEqual(acknowledged.entries.slice(0, entries.length));
        expect(root).toBe(rootOf(entries));
      },
    ),
    { numRuns: 40 },
  );
});
