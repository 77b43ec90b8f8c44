import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { newTestDirectory, newTestStore } from '../test-store.ts';
import { newLinkHealth } from './link-health.ts';
import { openWebhook, readWebhookSecret, signNotice } from './webhook.ts';

const secret = Buffer.alloc(32, 7);

/** Says a byte now and then. */
function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 20);
  response.once('close', () => clearInterval(timer));
}

/** A real server that answers as told, and a webhook to it. */
async function openTestWebhook(answers: (number | 'drips')[]) {
  const { store, remove } = newTestStore();
  const seen: { id: string; body: string; isSigned: boolean }[] = [];
  const answer = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(asked);
    const header = (name: string) => String(asked.headers[`webhook-${name}`]);
    const expected = signNotice(secret, header('id'), header('timestamp'), body);
    seen.push({ id: header('id'), body, isSigned: header('signature') === expected });
    const told = answers.shift() ?? 204;
    if (told === 'drips') drip(response);
    else response.writeHead(told).end();
    server.emit('answered');
  };
  const server = createServer((asked, response) => void answer(asked, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const health = newLinkHealth(() => 1);
  const open = () =>
    openWebhook({
      url: `http://127.0.0.1:${port}/alarms`,
      secret,
      gateway: 'gw',
      store,
      now: () => 1_800_000_000_000,
      health,
      timeoutMs: 500,
      logger: pino({ level: 'silent' }),
    });
  const stopping = new AbortController();
  const runs: Promise<void>[] = [];
  const webhook = open();
  onTestFinished(async () => {
    stopping.abort();
    await Promise.all(runs);
    server.close();
    server.closeAllConnections();
    remove();
  });
  return {
    webhook,
    open,
    seen,
    health,
    run: (one = webhook) => void runs.push(one.run(stopping.signal)),
    async until(count: number) {
      while (seen.length < count) await once(server, 'answered');
    },
  };
}

test('posts what waited in order, signed, and each until it was taken', async () => {
  const { webhook, seen, run, until, health } = await openTestWebhook([503, 500]);
  for (const body of ['one', 'two']) webhook.put(body, 5);
  run();
  await until(4);
  expect(seen.map(({ body }) => body)).toEqual(['one', 'one', 'one', 'two']);
  expect(seen.every(({ isSigned }) => isSigned)).toBe(true);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(2);
  await expect.poll(() => webhook.waiting()).toBe(0);
  expect(health.state().is).toBe('up');
  webhook.put('three', 6);
  webhook.announce();
  await until(5);
  expect(seen[4]!.body).toBe('three');
});

test('a receiver that takes a notice and never ends its answer does not hold up the next', async () => {
  const { webhook, seen, run, until } = await openTestWebhook(['drips']);
  for (const body of ['one', 'two']) webhook.put(body, 5);
  run();
  await until(2);
  expect(seen.map(({ body }) => body)).toEqual(['one', 'two']);
});

test('a restart posts what an earlier process queued', async () => {
  const { webhook, open, seen, run, until } = await openTestWebhook([]);
  webhook.put('from before', 5);
  run(open());
  await until(1);
  expect(seen[0]!.body).toBe('from before');
});

test('the queue has a bound: the newest stay', async () => {
  const { webhook, seen, run, until } = await openTestWebhook([]);
  for (let i = 0; i < 1_002; i++) webhook.put(`notice ${i}`, 0);
  expect(webhook.waiting()).toBe(1_000);
  expect(webhook.dropped()).toBe(2);
  run();
  await until(1);
  expect(seen[0]!.body).toBe('notice 2');
});

// The worked example of standardwebhooks.com's specification, "Signature scheme" (version 1, symmetric).
test('signs as Standard Webhooks does', () => {
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const body = '{"test": 2432232314}';
  expect(signNotice(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', body)).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

test('secrets are files of enough bytes', () => {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  const write = (name: string, content: string) => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  expect(readWebhookSecret(write('a', `whsec_${secret.toString('base64')}\n`))).toEqual(secret);
  expect(() => readWebhookSecret(write('b', 'c2hvcnQ='))).toThrow('does not hold a webhook secret');
  expect(() => readWebhookSecret(join(path, 'none'))).toThrow('cannot read');
});
