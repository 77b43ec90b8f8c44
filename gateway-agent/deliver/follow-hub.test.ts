import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logIdHex } from '@tianyuan/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { testOrigin } from '../test-log.ts';
import { standingAtMirror } from './follow-hub.ts';

/** What is anchored, as a server says that answers so. */
async function ask(answer: (response: ServerResponse) => void, timeoutMs?: number) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const standing = await standingAtMirror(url, testOrigin, timeoutMs)(new AbortController().signal);
  expect(asked).toEqual([`/api/v1/logs/${logIdHex(testOrigin)}`]);
  return standing;
}

const says =
  (status: number, body: string) =>
  (response: ServerResponse): void =>
    void response.writeHead(status).end(body);

test('what a trace API says is anchored is taken from it, and nothing of a log that it does not know', async () => {
  const known = says(200, '{"size":9,"anchoredSize":7,"finalSize":5}');
  expect(await ask(known)).toEqual({ size: 7, root: undefined, finalSize: 5 });
  expect(await ask(says(404, '{}'))).toEqual({ size: 0, root: undefined, finalSize: 0 });
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  ['500', says(500, 'oops'), /answered 500 when asked what is anchored$/],
  ['HTML', says(200, '<html>sign in</html>'), /which no trace API says/],
  ['JSON of another kind', says(200, '{"anchoredSize":-1}'), /which no trace API says/],
  ['more than any answer has', says(200, 'x'.repeat(70_000)), /more than 65536 bytes/],
  ['an error of more than any answer has', says(500, 'x'.repeat(70_000)), /more than 65536 bytes/],
])('%s is refused', async (_, answer, message) => {
  await expect(ask(answer)).rejects.toThrow(message);
});

test('an answer that drips for ever is given up', async () => {
  const drip = (response: ServerResponse): void => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.once('close', () => clearInterval(timer));
  };
  await expect(ask(drip, 200)).rejects.toMatchObject({ name: 'TimeoutError' });
});
