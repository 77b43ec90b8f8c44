import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { afterAll, expect, test } from 'vitest';
import { signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';
import { has, pathOf } from '../components.ts';
import { type SystemCall, readSystemCalls, straceArguments } from './system-calls.ts';

const directory = mkdtempSync(join(tmpdir(), 'tianyuan-strace-'));
const traceFile = join(directory, 'trace');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

// A kill leaves the page cache alone, so that killing a process shows nothing of this: only a power cut would, or this.
test.skipIf(!has('strace'))(
  'between the arrival of a message and its PUBACK the log was written, and what was written was synced',
  async () => {
    const deviceCount = 5;
    const perDevice = 40;
    const gateway = await startGateway(deviceCount, {
      under: [pathOf('strace'), ...straceArguments, '-o', traceFile],
    });
    try {
      const publishers = await Promise.all(
        gateway.devices.map(({ id, token }) => openRawPublisher(gateway.mqttPort, id, token)),
      );
      const packets = gateway.devices.map((device) =>
        Array.from({ length: perDevice }, (_, i) =>
          publishPacket(
            gateway.topic(device),
            signFor(device, {
              boot: 1,
              seq: i + 1,
              time: Date.now(),
              readings: [{ type: 'temperature', value: 4_000 + i }],
            }),
            i,
          ),
        ),
      );
      // One at a time, each commit for one message; then all devices at once, whose messages share commits.
      for (const packet of packets[0]!.splice(0, 10)) await publishers[0]!.sendQueued(packet);
      await Promise.all(publishers.map((publisher, d) => publisher.sendAll(packets[d]!, 16)));
      publishers.forEach((publisher) => publisher.close());
    } finally {
      await gateway.stop();
    }

    const calls = readSystemCalls(readFileSync(traceFile, 'utf8'));
    const { acknowledged, faults } = judge(calls);
    expect(acknowledged).toBe(deviceCount * perDevice);
    expect(faults).toEqual([]);
    // The judge itself: without the syncs, or without the writes, not one PUBACK would have been right.
    expect(judge(calls.filter(({ call }) => call !== 'sync')).faults.length).toBe(deviceCount * perDevice);
    expect(judge(calls.filter(({ call }) => call !== 'write')).faults.length).toBe(deviceCount * perDevice);
  },
  180_000,
);

/** Every PUBACK of a trace, and what is wrong with it. */
function judge(calls: readonly SystemCall[]): { acknowledged: number; faults: string[] } {
  const faults: string[] = [];
  let acknowledged = 0;
  let isDirty = false;
  /** the place of the newest sync of the log that had something to sync */
  let synced = -1;
  const arrivals = new Map<string, number>();
  // A packet may come in pieces: each direction of each connection has a parser of its own.
  const parsers = new Map<string, mqttPacket.Parser>();
  const found: Packet[] = [];

  calls.forEach((one, place) => {
    if (one.call === 'write' && one.file.endsWith('/gateway.db-wal')) isDirty = true;
    if (one.call === 'sync' && one.file.endsWith('/gateway.db-wal') && isDirty) {
      isDirty = false;
      synced = place;
    }
    if (one.call !== 'receive' && one.call !== 'send') return;
    for (const packet of packetsOf(one)) {
      if (one.call === 'receive' && packet.cmd === 'publish')
        arrivals.set(`${one.socket} ${packet.messageId}`, place);
      if (one.call !== 'send' || packet.cmd !== 'puback') continue;
      acknowledged += 1;
      const arrived = arrivals.get(`${one.socket} ${packet.messageId}`);
      if (arrived === undefined) faults.push(`${packet.messageId} was never received`);
      else if (isDirty) faults.push(`${packet.messageId}: written and not synced`);
      else if (synced < arrived) faults.push(`${packet.messageId}: nothing was synced since it came`);
    }
  });
  return { acknowledged, faults };

  function packetsOf({ call, socket, bytes }: SystemCall & { bytes: Buffer; socket: string }): Packet[] {
    const stream = `${call} ${socket}`;
    let parser = parsers.get(stream);
    if (parser === undefined) {
      parser = mqttPacket.parser();
      parser.on('packet', (packet) => found.push(packet));
      parsers.set(stream, parser);
    }
    parser.parse(bytes);
    return found.splice(0);
  }
}
