import { setTimeout as delay } from 'node:timers/promises';
import getPort from 'get-port';
import { type Bench, type BenchRow, must, quantile, row } from './bench-row.ts';
import { type BenchDevice, type GatewayUnderTest, signFor, startGateway } from '../gateway-under-test.ts';
import { measureMirror, mustBeMirrored } from './mirror.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';
import { type DatabaseKind, databaseKinds, openTraceUnderTest } from './trace-under-test.ts';

const deviceCount = 20;
const window = 64;
const livePerSecond = 100;
const origin = 'bench.example/log';

export const catchUp: Bench = {
  name: 'catch-up',
  about:
    'a backlog taken in with the link down, drained when it returns, while live messages come in; baseline: mirror of one gateway',
  async *run() {
    for (const kind of databaseKinds) {
      const mirror = await measureMirror(kind, 1, 20_480);
      for (const messages of [50_000, 200_000]) yield* measureCatchUp(kind, messages, mirror.figure);
    }
  },
};

/** @param mirrorRate messages a second that the trace API takes from one gateway */
async function* measureCatchUp(
  kind: DatabaseKind,
  messages: number,
  mirrorRate: number,
): AsyncGenerator<BenchRow> {
  const port = await getPort();
  const gateway = await startGateway(deviceCount, { flags: ['--trace-url', `http://127.0.0.1:${port}`] });
  const trace = await openTraceUnderTest(kind);
  try {
    await trace.service.enrol(origin, gateway.publicKey());
    for (const { id, publicKey } of gateway.devices) await trace.service.enrol(id, publicKey);
    const perDevice = messages / deviceCount;
    await publishAll(gateway, perDevice);
    const { logged } = await gateway.status();
    must(logged === messages + 1, `${logged} entries in the log, ${messages} messages and the boot were due`);

    await trace.listen(port);
    const live = publishLive(gateway, perDevice + 1);
    let drainedMs: number | undefined;
    while (drainedMs === undefined) {
      await delay(20);
      const { mirrored } = await gateway.status();
      if (mirrored >= logged) drainedMs = performance.now();
    }
    const latencies = await live.stop();
    // What came in live is there too, behind the backlog, and nothing twice.
    await untilMirrored(gateway);
    await mustBeMirrored(trace, origin, messages + latencies.length);
    yield row(
      {
        bench: 'catch-up',
        size: `${kind}, ${messages.toLocaleString('en')} messages`,
        figure: (messages * 1000) / (drainedMs - trace.firstUploadMs()!),
        unit: 'messages/s',
        baseline: mirrorRate,
        target: '>= 0.7 x mirror',
      },
      (ratio) => ratio >= 0.7,
    );
    yield row(
      {
        bench: 'catch-up',
        size: `${kind}, live PUBACK p99 meanwhile`,
        figure: quantile(latencies, 0.99),
        unit: 'ms',
        baseline: quantile(latencies, 0.5),
        target: '< 15 ms',
      },
      (_, figure) => figure < 15,
    );
  } finally {
    await gateway.stop();
    await trace.close();
  }
}

async function publishAll(gateway: GatewayUnderTest, perDevice: number): Promise<void> {
  await Promise.all(
    gateway.devices.map(async (device) => {
      const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
      const packets = Array.from({ length: perDevice }, (_, i) =>
        publishPacket(gateway.topic(device), messageOf(device, i + 1), i),
      );
      await publisher.sendAll(packets, window);
      publisher.close();
    }),
  );
}

/** Open loop, by one device after the other, until it is stopped. */
function publishLive(gateway: GatewayUnderTest, firstSeq: number): { stop: () => Promise<number[]> } {
  const latencies: number[] = [];
  const stopping = new AbortController();
  const running = (async () => {
    const publishers = await Promise.all(
      gateway.devices.map(({ id, token }) => openRawPublisher(gateway.mqttPort, id, token)),
    );
    const pending: Promise<unknown>[] = [];
    for (let i = 0; !stopping.signal.aborted; i++) {
      const device = gateway.devices[i % deviceCount]!;
      const turn = Math.floor(i / deviceCount);
      const packet = publishPacket(gateway.topic(device), messageOf(device, firstSeq + turn), turn);
      const due = performance.now();
      pending.push(
        publishers[i % deviceCount]!.sendQueued(packet).then(() => latencies.push(performance.now() - due)),
      );
      await delay(1000 / livePerSecond);
    }
    await Promise.all(pending);
    for (const publisher of publishers) publisher.close();
    must(latencies.length === pending.length && latencies.length > 0, 'a live message was not acknowledged');
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
      return latencies;
    },
  };
}

async function untilMirrored(gateway: GatewayUnderTest): Promise<void> {
  for (;;) {
    const { logged, mirrored } = await gateway.status();
    if (mirrored === logged) return;
    await delay(20);
  }
}

function messageOf(device: BenchDevice, seq: number): Uint8Array {
  return signFor(device, {
    boot: 1,
    seq,
    time: Date.now(),
    batch: 'bench-batch',
    readings: [{ type: 'temperature', value: 4_000 + (seq % 500) }],
  });
}
