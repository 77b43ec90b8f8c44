import Database from 'better-sqlite3';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, must, row } from './bench-row.ts';
import { signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';

const deviceCount = 20;
const window = 64;
/** Signed and sent at once, so that the load generator does not hold all of them. */
const round = 50_000;
const maxResidentMegabytes = 180;
const maxOverheadBytes = 150;

export const ingestMemory: Bench = {
  name: 'ingest-memory',
  about:
    'messages buffered with every link down: resident memory of the agent, with one verifying thread as a small board has by itself, and with two, and the growth of its store, checkpointed, a message; baselines: after the first tenth, and the payload',
  async *run() {
    yield* measureMemory(1_000_000, 1);
    yield* measureMemory(200_000, 2);
  },
};

async function* measureMemory(total: number, verifyThreads: number): ReturnType<Bench['run']> {
  // A trace API that is configured and away, as on a farm without a link.
  const gateway = await startGateway(deviceCount, {
    flags: ['--trace-url', 'http://127.0.0.1:9', `--verify-threads=${verifyThreads}`],
  });
  try {
    const publishers = await Promise.all(
      gateway.devices.map(({ id, token }) => openRawPublisher(gateway.mqttPort, id, token)),
    );
    // The empty store, its write-ahead log and the reserve that keeps a full disk writable are no cost of a message.
    const emptyBytes = storeBytes(gateway.dataDir);
    let payloadBytes = 0;
    let early: number | undefined;
    let peak = 0;
    for (let sent = 0; sent < total; sent += round) {
      const perDevice = Math.min(round, total - sent) / deviceCount;
      await Promise.all(
        gateway.devices.map(async (device, d) => {
          const packets = Array.from({ length: perDevice }, (_, i) => {
            const seq = sent / deviceCount + i + 1;
            const readings = [{ type: 'temperature' as const, value: 4_000 + (i % 500) }];
            const payload = signFor(device, {
              boot: 1,
              seq,
              time: Date.now(),
              batch: 'bench-batch',
              readings,
            });
            payloadBytes += payload.length;
            return publishPacket(gateway.topic(device), payload, i);
          });
          await publishers[d]!.sendAll(packets, window);
        }),
      );
      const megabytes = residentMegabytes(gateway.process.pid!);
      peak = Math.max(peak, megabytes);
      if (early === undefined && sent + round >= total / 10) {
        early = megabytes;
        yield diskRow(storeBytes(gateway.dataDir) - emptyBytes, sent + perDevice * deviceCount, payloadBytes);
      }
    }
    const { logged } = await gateway.status();
    must(logged === total + 1, `${logged} entries in the log, ${total} messages and the boot were due`);
    for (const publisher of publishers) publisher.close();
    yield row(
      {
        bench: 'ingest-memory',
        size: `resident, ${verifyThreads} verifying, ${total.toLocaleString('en')} messages`,
        figure: peak,
        unit: 'MB',
        baseline: early!,
        target: `< ${maxResidentMegabytes} MB and flat`,
      },
      (ratio, figure) => figure < maxResidentMegabytes && ratio < 1.25,
    );
    yield diskRow(storeBytes(gateway.dataDir) - emptyBytes, total, payloadBytes);
  } finally {
    await gateway.stop();
  }
}

function diskRow(bytes: number, messages: number, payloadBytes: number) {
  const payload = payloadBytes / messages;
  return row(
    {
      bench: 'ingest-memory',
      size: `store's growth a message, of ${messages.toLocaleString('en')}`,
      figure: bytes / messages,
      unit: 'bytes',
      baseline: payload,
      target: `<= payload + ${maxOverheadBytes}`,
    },
    (_, figure) => figure <= payload + maxOverheadBytes,
  );
}

/** Of the store's file, once all that was committed is in it. */
function storeBytes(dataDir: string): number {
  const file = join(dataDir, 'gateway.db');
  const db = new Database(file);
  const [checkpoint] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
  db.close();
  must(checkpoint.busy === 0, 'the write-ahead log could not be checkpointed');
  return statSync(file).size;
}

/** Linux says what a process has resident; there is no bench elsewhere. */
function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1000;
}
