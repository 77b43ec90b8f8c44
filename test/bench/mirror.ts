import { type Device, type SignedLog, aDay, newDevice, newLog } from '../trace/signed-log.ts';
import { bareVerifyRate } from './bare-verify.ts';
import { type Bench, type BenchRow, must, row, seconds } from './bench-row.ts';
import {
  type DatabaseKind,
  type TraceUnderTest,
  databaseKinds,
  openTraceUnderTest,
} from './trace-under-test.ts';

const chunkEntries = 1024; // as a gateway sends them
const devicesALog = 5;
const messageEveryMs = 100; // so that the longest log ends before the hour at which its entries were received
const targets: Record<DatabaseKind, number> = { PGlite: 0.65, PostgreSQL: 0.8 };

export const mirror: Bench = {
  name: 'mirror',
  about:
    'uploads over HTTP, every signature and the root recomputed, stored; baseline: bare libsodium verify of the same messages',
  async *run() {
    for (const kind of databaseKinds) {
      for (const [gateways, messages] of [
        [1, 20_480],
        [4, 20_480],
        [4, 61_440],
      ] as const) {
        yield await measureMirror(kind, gateways, messages);
      }
    }
  },
};

/** So many gateways upload at the same time, each its own log, chunk after chunk. */
export async function measureMirror(
  kind: DatabaseKind,
  gateways: number,
  messages: number,
): Promise<BenchRow> {
  const trace = await openTraceUnderTest(kind);
  try {
    const logs = Array.from({ length: gateways }, (_, i) => makeLog(i, messages / gateways));
    for (const { log, devices } of logs) {
      await trace.service.enrol(log.origin, log.publicKey);
      for (const device of devices) await trace.service.enrol(device.id, device.publicKey);
    }
    const url = await trace.listen();
    const { devices, log } = logs[0]!;
    const own = log.payloads.filter((_, i) => i % devicesALog === 0).map((payload) => payload!);
    const before = bareVerifyRate(devices[0]!.publicKey, own);
    const start = process.hrtime.bigint();
    await Promise.all(logs.map(({ bodies, log: { logId } }) => uploadAll(url, logId, bodies)));
    const elapsed = seconds(start);
    for (const one of logs) await mustBeMirrored(trace, one.log.origin, messages / gateways);
    return row(
      {
        bench: 'mirror',
        size: `${kind}, ${messages.toLocaleString('en')} messages of ${gateways} gateway${gateways > 1 ? 's' : ''}`,
        figure: messages / elapsed,
        unit: 'messages/s',
        // Before and after, since the machine's speed drifts by more than the margin.
        baseline: (before + bareVerifyRate(devices[0]!.publicKey, own)) / 2,
        target: `>= ${targets[kind]} x verify`,
      },
      (ratio) => ratio >= targets[kind],
    );
  } finally {
    await trace.close();
  }
}

export async function mustBeMirrored(trace: TraceUnderTest, origin: string, messages: number): Promise<void> {
  const { size, verified, flagged } = await trace.describe(origin);
  must(size >= messages, `${size} entries of ${origin} are mirrored, ${messages} were due`);
  must(verified === messages, `${verified} messages of ${origin} verified, ${messages} were due`);
  must(Object.keys(flagged).length === 0, `messages of ${origin} were flagged: ${JSON.stringify(flagged)}`);
}

type MadeLog = { log: SignedLog; devices: Device[]; bodies: { from: number; text: string }[] };

function makeLog(number: number, messages: number): MadeLog {
  const log = newLog(`gw-${number}.bench.example`);
  const devices = Array.from({ length: devicesALog }, (_, i) => newDevice(`bench-${number}-${i}`));
  const bodies: MadeLog['bodies'] = [];
  for (let from = 0; from < messages; from += chunkEntries) {
    const count = Math.min(chunkEntries, messages - from);
    log.appendAll(
      Array.from({ length: count }, (_, i) =>
        devices[(from + i) % devicesALog]!.sign({
          batch: 'bench-batch',
          time: aDay + (from + i) * messageEveryMs,
        }),
      ),
    );
    bodies.push({ from, text: JSON.stringify(log.body(from)) });
  }
  return { log, devices, bodies };
}

async function uploadAll(url: string, logId: string, bodies: MadeLog['bodies']): Promise<void> {
  for (const { from, text } of bodies) {
    const response = await fetch(`${url}/api/v1/logs/${logId}/entries?from=${from}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-idempotency-key': `${logId}-${from}` },
      body: text,
    });
    const answer = await response.text();
    must(response.ok, `an upload was answered ${response.status} ${answer}`);
  }
}
