import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openRestoration } from '../log/restoration.ts';
import { openTestLog, testOrigin } from '../test-log.ts';
import { newTestStore } from '../test-store.ts';
import { newGrowth } from './growth.ts';
import { type Fault, openTestUpload } from './test-upload.ts';
import { openUploader } from './upload.ts';

// Full jitter at its least: no test waits for a backoff.
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
});

describe('the uploader', () => {
  test('brings the whole log, and what grows while it runs', async () => {
    const { api, append, growth, log, open, expectMirrored } = await openTestUpload(onTestFinished, 3);
    const uploader = open();
    const stopping = new AbortController();
    const running = uploader.run(stopping.signal);
    await vi.waitFor(() => expect(uploader.mirroredSize()).toBe(3), { interval: 5 });
    append(4);
    growth.announce();
    await vi.waitFor(() => expect(uploader.mirroredSize()).toBe(7), { interval: 5 });
    stopping.abort();
    await running;
    expectMirrored();
    expect(log.size()).toBe(7);
    expect(api.posts.map(({ from, count }) => [from, count])).toEqual([
      [0, 3],
      [3, 4],
    ]);
    expect(api.asks()).toBe(1);
  });

  test('sends chunks of bounded count, each under its own checkpoint', async () => {
    const { api, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 2500);
    await uploadAll();
    expectMirrored();
    expect(api.posts.map(({ from, count }) => [from, count])).toEqual([
      [0, 1024],
      [1024, 1024],
      [2048, 452],
    ]);
  });

  test('sends chunks of bounded bytes', async () => {
    const { api, append, uploadAll, expectMirrored } = await openTestUpload(onTestFinished);
    append(600, 16_384); // 9.4 MiB of payloads
    await uploadAll();
    expectMirrored();
    expect(api.posts.map(({ count }) => count)).toEqual([512, 88]);
  });

  test('sends null for a payload that was evicted', async () => {
    const { api, store, uploadAll } = await openTestUpload(onTestFinished, 2);
    store.sqlite.exec('UPDATE entries SET payload = NULL WHERE idx = 1');
    await uploadAll();
    expect(api.broken).toEqual([]);
    expect(api.payloads).toEqual(['payload 0', null]);
  });

  test('goes on after a restart from what the server has', async () => {
    const { api, append, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 3);
    await uploadAll();
    append(2);
    await uploadAll();
    expectMirrored();
    expect(api.posts.map(({ from, count }) => [from, count])).toEqual([
      [0, 3],
      [3, 2],
    ]);
  });
});

describe('beside a backfill, the newest entries', () => {
  test('are shown long before their turn, and paid for out of the same bucket', async () => {
    const { api, append, growth, log, open, uploadAll, expectMirrored } =
      await openTestUpload(onTestFinished);
    append(4000, 200); // 1 MB, of which the bucket lets a fifth go at once
    const uploader = open({ maxBytesPerSecond: 100_000, liveEveryMs: 10 });
    const uploading = uploadAll(uploader);
    await vi.waitFor(() => expect(api.live.length).toBeGreaterThan(0), { interval: 5, timeout: 10_000 });
    const shown = log.size();
    append(3);
    growth.announce();
    await vi.waitFor(() => expect(api.live.at(-1)!.size).toBe(shown + 3), { interval: 5, timeout: 10_000 });
    const [first, last] = [api.live[0]!, api.live.at(-1)!];
    expect(first).toMatchObject({ from: 4000 - 256, size: 4000 });
    // What was shown is not shown again, and the backfill has not got near it.
    expect(last).toMatchObject({
      from: shown,
      payloads: [`payload ${shown}`, `payload ${shown + 1}`, `payload ${shown + 2}`],
    });
    expect(last.mirrored).toBeLessThan(4000 - 256);
    await uploading;
    expectMirrored();
  }, 60_000);

  test('are not shown by a gateway that keeps up', async () => {
    const { api, append, growth, log, open } = await openTestUpload(onTestFinished, 5);
    const uploader = open({ liveEveryMs: 1 });
    const stopping = new AbortController();
    const running = uploader.run(stopping.signal);
    for (let i = 0; i < 5; i++) {
      append(1000);
      growth.announce();
      await vi.waitFor(() => expect(uploader.mirroredSize()).toBe(log.size()), { interval: 5 });
    }
    stopping.abort();
    await running;
    expect(api.live).toEqual([]);
  });

  test('that were shown prove a store that is older than that, and it signs nothing', async () => {
    const { api, open, warnings } = await openTestUpload(onTestFinished, 5);
    const root = Buffer.alloc(32, 7).toString('base64');
    api.faults.push((response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ size: 0, live: { size: 6, root } })),
    );
    const stopping = new AbortController();
    const running = open().run(stopping.signal);
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(0), { interval: 5 });
    stopping.abort();
    await running;
    expect(warnings[0]).toMatch(/the trace API holds 6 entries .* this store only 5/);
  });
});

describe('through a bad link, everything arrives once and in order', () => {
  test.each<[string, Fault[]]>([
    ['the server is away for a while', ['refused', 'refused', 'refused', 'refused']],
    ['the server fails', ['error', 'error']],
    ['the link breaks in the middle of an upload', [{ says: 0 }, 'refused', { says: 0 }, 'refused']],
    ['an answer is lost after the server took the chunk', [{ says: 0 }, 'lost answer']],
    [
      'every other answer is lost',
      [{ says: 0 }, 'lost answer', 'lost answer', { says: 1024 }, 'lost answer'],
    ],
    ['the server fails after it was asked', [{ says: 0 }, 'error', { says: 0 }, 'error']],
  ])('%s', async (_, faults) => {
    const { api, warnings, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 1500);
    api.faults.push(...faults);
    await uploadAll();
    expectMirrored();
    expect(warnings.length).toBeGreaterThan(0);
    expect(api.faults).toEqual([]);
  });

  test('a server that lost its newest entries gets them again', async () => {
    const { api, append, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 6);
    await uploadAll();
    api.entries.length = 2; // restored from a backup
    api.payloads.length = 2;
    append(1);
    await uploadAll();
    expectMirrored();
  });

  test('a chunk that is sent again has the key that it had', async () => {
    const { api, uploadAll } = await openTestUpload(onTestFinished, 5);
    api.faults.push({ says: 0 }, 'lost answer', { says: 0 });
    await uploadAll();
    expect(api.posts).toHaveLength(2);
    expect(api.posts[1]).toEqual(api.posts[0]);
  });
});

describe('a server that says what cannot be', () => {
  test('a size that did not grow is a failure with a backoff, not a reason to send for ever', async () => {
    const { api, warnings, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 4);
    api.faults.push({ says: 0 }, { says: 0 });
    await uploadAll();
    expectMirrored();
    expect(warnings).toEqual([
      expect.stringMatching(/from 0 on, took 4 entries, and then says that it has 0$/),
    ]);
  });

  test.each([{ says: -1 }, { says: 1.5 }, { says: Number.NaN }])('%j is no size', async (fault) => {
    const { api, warnings, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 4);
    api.faults.push(fault);
    await uploadAll();
    expectMirrored();
    expect(warnings).toHaveLength(1);
  });

  test.each<[string, Fault[]]>([
    ['before it is sent anything', [{ says: 9 }]],
    ['in answer to a chunk', [{ says: 0 }, { says: 9 }]],
  ])(
    'more entries than this store has, %s: the store is an old one, and nothing is uploaded',
    async (_, faults) => {
      const { api, warnings, open } = await openTestUpload(onTestFinished, 4);
      api.faults.push(...faults);
      const stopping = new AbortController();
      const uploader = open();
      const running = uploader.run(stopping.signal);
      await vi.waitFor(() => expect(warnings).not.toHaveLength(0), { interval: 5 });
      stopping.abort();
      await running;
      expect(warnings[0]).toMatch(
        /^the trace API holds 9 entries of gw-1\.example\/log, this store only 4: .*Restore/,
      );
      expect(uploader.mirroredSize()).not.toBe(9);
    },
  );

  test('a refusal is told in the server’s words, and tried again when the log is enrolled', async () => {
    const { api, warnings, open, log, expectMirrored } = await openTestUpload(onTestFinished, 2);
    api.setEnrolled(false);
    const stopping = new AbortController();
    const uploader = open();
    const running = uploader.run(stopping.signal);
    await vi.waitFor(() => expect(warnings).not.toHaveLength(0), { interval: 5 });
    expect(warnings[0]).toMatch(/entries\?from=0 answered 404 no such log$/);
    api.setEnrolled(true);
    await vi.waitFor(() => expect(uploader.mirroredSize()).toBe(log.size()), {
      timeout: 20_000,
      interval: 5,
    });
    stopping.abort();
    await running;
    expectMirrored();
  });
});

test('stops at once, in a backoff and in a request that is never answered', async () => {
  const { open, api, warnings } = await openTestUpload(onTestFinished, 1);
  vi.spyOn(Math, 'random').mockReturnValue(1);
  for (let i = 0; i < 20; i++) api.faults.push('refused');
  const stopping = new AbortController();
  const running = open().run(stopping.signal);
  await vi.waitFor(() => expect(warnings).not.toHaveLength(0), { interval: 5 });
  stopping.abort();
  await running;

  const asked = Promise.withResolvers<void>();
  const silent = createServer(() => asked.resolve()).listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  const { log, checkpoints } = openTestLog(store);
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const again = new AbortController();
  const logger = pino({ level: 'silent' });
  const waiting = openUploader({
    url,
    origin: testOrigin,
    store,
    log,
    checkpoints,
    restoration: openRestoration(store, log, { origin: testOrigin, links: ['mirror'] }),
    growth: newGrowth(),
    logger,
    maxBytesPerSecond: Infinity,
  }).run(again.signal);
  await asked.promise;
  again.abort();
  await waiting;
});
