import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newConnectionBounds } from './connection-bounds.ts';

/** As much of a socket as is counted: an address, and that it closes. */
const socketFrom = (remoteAddress: string | undefined) =>
  Object.assign(new EventEmitter(), { remoteAddress }) as unknown as Socket;

test('no address has more than its share, but for this machine itself', () => {
  const bounds = newConnectionBounds({ maxConnections: 100, maxConnectionsPerAddress: 2 }, () => {});
  const first = socketFrom('10.0.0.7');
  expect(bounds.take(first)).toBeUndefined();
  expect(bounds.take(socketFrom('10.0.0.7'))).toBeUndefined();
  expect(bounds.take(socketFrom('10.0.0.7'))).toBe('TOO_MANY_FROM_ADDRESS');
  expect(bounds.take(socketFrom('10.0.0.8'))).toBeUndefined();
  for (const local of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    for (let i = 0; i < 5; i++) expect(bounds.take(socketFrom(local))).toBeUndefined();
  }
  first.emit('close');
  expect(bounds.take(socketFrom('10.0.0.7'))).toBeUndefined();
});

test('one that is gone before it is looked at counts nowhere', () => {
  const bounds = newConnectionBounds({ maxConnections: 1, maxConnectionsPerAddress: 1 }, () => {});
  expect(bounds.take(socketFrom(undefined))).toBe('NO_CONNECT');
  expect(bounds.take(socketFrom('10.0.0.7'))).toBeUndefined();
});

test('whatever comes and goes, the counts are those of the connections that are there', () => {
  const step = fc.record({
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
    close: fc.option(fc.nat()),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const bounds = newConnectionBounds({ maxConnections: 8, maxConnectionsPerAddress: 4 }, () => {});
      const there: { socket: Socket; address: string }[] = [];
      for (const { address, close } of steps) {
        if (close !== null && there.length > 0) {
          const [gone] = there.splice(close % there.length, 1);
          gone!.socket.emit('close');
          continue;
        }
        const ofAddress = there.filter((one) => one.address === address).length;
        const expected =
          there.length >= 8 ? 'TOO_MANY_CONNECTIONS' : ofAddress >= 4 ? 'TOO_MANY_FROM_ADDRESS' : undefined;
        const socket = socketFrom(address);
        expect(bounds.take(socket)).toBe(expected);
        if (expected === undefined) there.push({ socket, address });
      }
    }),
  );
});
