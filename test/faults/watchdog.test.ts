import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { has, pathOf } from '../components.ts';
import { signFor, startGateway } from '../gateway-under-test.ts';
import { openRawPublisher, publishPacket } from '../raw-publisher.ts';

const work = mkdtempSync(join(tmpdir(), 'tianyuan-watchdog-'));
afterAll(() => rmSync(work, { recursive: true }));

/** A socket as systemd's own: it takes datagrams, which Node cannot. */
async function openNotifySocket(path: string): Promise<{ told: string[] }> {
  const receiver = spawn(
    pathOf('python3'),
    [
      '-c',
      `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(s.recv(4096).decode(), flush=True)`,
      path,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void receiver.kill());
  const told: string[] = [];
  const lines = createInterface({ input: receiver.stdout });
  await once(lines, 'line');
  lines.on('line', (line) => told.push(...line.split('\n').filter(Boolean)));
  return { told };
}

/** Has every verifying thread keep its verdicts to itself from the moment on at which the file is there. */
function wedgedBy(file: string): string {
  const hooks = `import { existsSync } from 'node:fs';
    import { isMainThread, parentPort } from 'node:worker_threads';
    if (!isMainThread && parentPort) {
      const post = parentPort.postMessage.bind(parentPort);
      parentPort.postMessage = (...told) => { if (!existsSync(${JSON.stringify(file)})) post(...told); };
    }`;
  return `--import=data:text/javascript,${encodeURIComponent(hooks)}`;
}

test.skipIf(!has('systemd-notify') || !has('python3'))(
  'systemd is told of a gateway that is up and lives, and not of one in which messages are stuck on their way to the disk',
  async () => {
    const [socket, wedge] = [join(work, 'notify'), join(work, 'wedge')];
    const { told } = await openNotifySocket(socket);
    const watched = [`NOTIFY_SOCKET=${socket}`, 'WATCHDOG_USEC=1000000', `NODE_OPTIONS=${wedgedBy(wedge)}`];
    const gateway = await startGateway(1, { under: ['env', ...watched] });
    // It would wait for the message that is stuck.
    onTestFinished(async () => {
      await gateway.kill();
      await gateway.stop();
    });
    let said = '';
    gateway.process.stdout!.on('data', (chunk) => (said += String(chunk)));
    const soon = { timeout: 20_000, interval: 20 };
    await vi.waitFor(() => expect(told).toContain('WATCHDOG=1'), soon);
    // BARRIER=1 is how systemd-notify waits until it was heard; nothing else may come from here.
    expect(told[0]).toBe('READY=1');
    expect(new Set(told)).toEqual(new Set(['READY=1', 'BARRIER=1', 'WATCHDOG=1']));

    const device = gateway.devices[0]!;
    const packet = (seq: number) => {
      const readings = [{ type: 'temperature' as const, value: 4_000 }];
      const payload = signFor(device, { boot: 1, seq, time: 1_795_000_000_000, readings });
      return publishPacket(gateway.topic(device), payload, seq);
    };
    const publisher = await openRawPublisher(gateway.mqttPort, device.id, device.token);
    await publisher.sendQueued(packet(1));
    writeFileSync(wedge, '');
    const stuck = publisher.sendQueued(packet(2));
    stuck.catch(() => {});
    // Three times, so that systemd would have lost its patience: it waits for one of its intervals.
    const refusals = () => said.split('systemd is not told that the gateway lives').length - 1;
    await vi.waitFor(() => expect(refusals()).toBe(1), soon);
    const before = told.length;
    await vi.waitFor(() => expect(refusals()).toBeGreaterThanOrEqual(4), soon);
    expect(told.length).toBe(before);
    expect(said).toMatch(/a message has waited \d+ ms to be kept/);
    expect((await gateway.status()).logged).toBe(2);
  },
);
