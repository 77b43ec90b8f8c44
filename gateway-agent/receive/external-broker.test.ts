import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newLinkHealth } from '../deliver/link-health.ts';
import { openExternalBroker } from './external-broker.ts';

// Packets of MQTT 5: CONNACK with a reason, without properties; SUBACK that grants QoS 1 twice.
const connack = (reason: number): Buffer => Buffer.from([0x20, 3, 0, reason, 0]);
const suback = (subscribe: Buffer): Buffer =>
  Buffer.from([0x90, 5, subscribe[2]!, subscribe[3]!, 0, 0x01, 0x01]);
const [connectType, subscribeType] = [1, 8];
const serverUnavailable = 0x88;

/** Where a broker should be: each connection is answered with the next of these, and with the last one from then on. */
async function openBrokerThat(...answers: ('hangs up' | 'is not available' | 'serves')[]) {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const answer = answers[Math.min(connections++, answers.length - 1)];
    open.add(socket.on('error', () => {}));
    socket.on('data', (bytes) => {
      const type = bytes[0]! >> 4;
      if (answer === 'hangs up') socket.destroy();
      else if (answer === 'is not available') socket.end(connack(serverUnavailable));
      else if (type === connectType) socket.write(connack(0));
      else if (type === subscribeType) socket.write(suback(bytes));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const health = newLinkHealth(() => 1);
  const broker = openExternalBroker({
    gateway: 'gw-7',
    address: { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}` },
    intake: { take: () => Promise.reject(new Error('nobody publishes here')), idle: () => Promise.resolve() },
    health,
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(async () => {
    await broker.close();
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { health, connections: () => connections };
}

test('a broker that hangs up, or says that it is not available, is tried again until it serves', async () => {
  // The shortest waits that there are; only what is drawn at random can be made so short.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const { health, connections } = await openBrokerThat(
    'hangs up',
    'is not available',
    'is not available',
    'hangs up',
    'serves',
  );
  await vi.waitFor(() => expect(health.state().is).toBe('up'), { timeout: 20_000 });
  expect(connections()).toBe(5);
});

test('why a broker is not reached is told', async () => {
  const { health } = await openBrokerThat('is not available');
  await vi.waitFor(() => expect(health.state()).toMatchObject({ is: 'down' }), { timeout: 20_000 });
  expect(health.state()).toMatchObject({ reason: expect.stringContaining('Server unavailable') });
});
