import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareVerifyRate } from './bare-verify.ts';
import { type Bench, type BenchRow, must, quantile, row, seconds } from './bench-row.ts';
import { type BenchDevice, type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';

const deviceCount = 20;
const window = 64;

export const ingest: Bench = {
  name: 'ingest',
  about:
    'one-reading messages of 20 devices, QoS 1, acknowledged, durable and in the log; baseline: bare libsodium verify',
  async *run() {
    for (const messages of [20_000, 60_000]) {
      yield* throughput('ingest', messages, 1, 0.9);
    }
    yield* latency();
  },
};

export const ingestPacks: Bench = {
  name: 'ingest-packs',
  about:
    'the same with 32 readings a message; baseline: bare libsodium verify of the same messages, x 32 readings',
  async *run() {
    for (const messages of [5_000, 15_000]) yield* throughput('ingest-packs', messages, 32, 0.7);
  },
};

async function* throughput(
  bench: string,
  total: number,
  readings: number,
  target: number,
): AsyncGenerator<BenchRow> {
  const gateway = await startGateway(deviceCount);
  try {
    const perDevice = total / deviceCount;
    const payloads = gateway.devices.map((device) => payloadsOf(device, perDevice, readings));
    const before = bareVerifyRate(gateway.devices[0]!.publicKey, payloads[0]!);
    const publishers = await Promise.all(
      gateway.devices.map(({ id, token }) => openRawPublisher(gateway.mqttPort, id, token)),
    );
    const packets = payloads.map((list, d) =>
      list.map((payload, i) => publishPacket(gateway.topic(gateway.devices[d]!), payload, i)),
    );
    const start = process.hrtime.bigint();
    await Promise.all(publishers.map((publisher, d) => publisher.sendAll(packets[d]!, window)));
    const elapsed = seconds(start);
    const status = await gateway.status();
    must(
      status.logged === total + 1,
      `${status.logged} entries in the log, ${total} messages and the boot were due`,
    );
    must(Object.keys(status.refused).length === 0, 'messages were refused');
    publishers.forEach((publisher) => publisher.close());
    // Before and after, since the machine's speed drifts by more than the margin.
    const baseline = (before + bareVerifyRate(gateway.devices[0]!.publicKey, payloads[0]!)) / 2;
    yield row(
      {
        bench,
        size: `${total} messages x ${readings}`,
        figure: (total * readings) / elapsed,
        unit: 'readings/s',
        baseline: baseline * readings,
        target: `>= ${target} x verify`,
      },
      (ratio) => ratio >= target,
    );
  } finally {
    await gateway.stop();
  }
}

/** Open loop: a message is due every 0.5 ms whether or not the last is acknowledged, and late sending counts as latency. */
async function* latency(): AsyncGenerator<BenchRow> {
  const rate = 2_000;
  const baselineMs = commitMs();
  for (const total of [10_000, 20_000]) {
    const gateway = await startGateway(deviceCount);
    try {
      const latencies = await openLoop(gateway, total, rate);
      for (const [q, limit] of [
        [0.5, 2],
        [0.99, 15],
      ] as const) {
        yield row(
          {
            bench: 'ingest',
            size: `PUBACK p${q * 100}, ${total} messages at ${rate}/s`,
            figure: quantile(latencies, q),
            unit: 'ms',
            baseline: baselineMs,
            target: `< ${limit} ms`,
          },
          (_, figure) => figure < limit,
        );
      }
    } finally {
      await gateway.stop();
    }
  }
}

async function openLoop(gateway: GatewayUnderTest, total: number, rate: number): Promise<number[]> {
  const perDevice = total / deviceCount;
  const packets = gateway.devices.map((device) =>
    payloadsOf(device, perDevice, 1).map((payload, i) => publishPacket(gateway.topic(device), payload, i)),
  );
  const publishers = await Promise.all(
    gateway.devices.map(({ id, token }) => openRawPublisher(gateway.mqttPort, id, token)),
  );
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const start = performance.now();
  for (let i = 0; i < total;) {
    const now = performance.now();
    for (; i < total && start + (i * 1000) / rate <= now; i++) {
      const due = start + (i * 1000) / rate;
      const d = i % deviceCount;
      pending.push(
        publishers[d]!.sendQueued(packets[d]![Math.floor(i / deviceCount)]!).then(
          () => void latencies.push(performance.now() - due),
        ),
      );
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(pending);
  must(latencies.length === total, 'not every message was acknowledged');
  publishers.forEach((publisher) => publisher.close());
  return latencies;
}

function payloadsOf(device: BenchDevice, count: number, readings: number): Uint8Array[] {
  const time = Date.now();
  return Array.from({ length: count }, (_, i) =>
    signFor(device, {
      boot: 1,
      seq: i + 1,
      time: time + i,
      batch: 'bench-batch',
      readings: Array.from({ length: readings }, (__, r) => ({
        type: 'temperature' as const,
        value: 4_000 + ((i + r) % 500),
        ...(readings > 1 && { dt: (readings - 1 - r) * 1000 }),
      })),
    }),
  );
}

/** The least that a PUBACK waits for: one synced SQLite commit of one row. */
function commitMs(): number {
  const dir = mkdtempSync(join(tmpdir(), 'tianyuan-bench-commit-'));
  const db = new Database(join(dir, 'commit.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)');
  const insert = db.prepare('INSERT INTO t (b) VALUES (?)');
  const times: number[] = [];
  for (let i = 0; i < 500; i++) {
    const start = process.hrtime.bigint();
    insert.run(Buffer.alloc(300));
    times.push(seconds(start) * 1000);
  }
  db.close();
  rmSync(dir, { recursive: true });
  return quantile(times, 0.5);
}
