import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Fault, openTestUpload } from './test-upload.ts';
import { parseRetryAfter } from './trace-client.ts';

// Full jitter at its least: no test waits for a backoff.
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
});

const says =
  (status: number, headers: Record<string, string> = {}, body = ''): Fault =>
  (response) =>
    void response.writeHead(status, headers).end(body);

/** A response that begins and never goes on. */
const stalls = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"size":');
};

describe('whatever a server answers, everything arrives once and in order', () => {
  test.each<[string, Fault, RegExp]>([
    ['500', says(500, {}, 'oops'), /answered 500$/],
    ['429', says(429, { 'retry-after': '0' }), /answered 429$/],
    [
      '503 with a date that is past',
      says(503, { 'retry-after': new Date(0).toUTCString() }),
      /answered 503$/,
    ],
    [
      'HTML with 200',
      says(200, {}, '<html>sign in to the hotel’s network</html>'),
      /which no trace API says/,
    ],
    ['nothing with 200', says(200), /which no trace API says/],
    ['JSON of another kind', says(200, {}, '{"size":"many"}'), /which no trace API says/],
    ['a root that is none', says(200, {}, '{"size":3,"root":"AAAA"}'), /which no trace API says/],
    ['more than any answer has', says(200, {}, 'x'.repeat(70_000)), /more than 65536 bytes/],
    [
      'half of an answer, then the connection breaks',
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"size":');
        setImmediate(() => response.destroy());
      },
      /.+/,
    ],
    ['a broken connection while it reads the body', 'cut request', /.+/],
    ['the beginning of an answer, and never its end', stalls, /timeout|aborted/i],
  ])('%s', async (_, fault, message) => {
    const { api, log, warnings, open, uploadAll, expectMirrored } = await openTestUpload(
      onTestFinished,
      1500,
    );
    // Once for the question where to go on, once for a chunk; the second question is answered.
    api.faults.push(...(fault === 'cut request' ? [] : [fault]), { says: 0 }, fault);
    await uploadAll(open({ timeoutMs: 300 }));
    expectMirrored();
    expect(log.size()).toBe(1500);
    expect(warnings.length).toBeGreaterThan(0);
    for (const warning of warnings) expect(warning).toMatch(message);
    expect(api.faults).toEqual([]);
  });

  test('an answer that drips for ever is given up', async () => {
    const { api, warnings, open, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 5);
    api.faults.push((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(drip));
    });
    await uploadAll(open({ timeoutMs: 200 }));
    expectMirrored();
    expect(warnings).toHaveLength(1);
  });
});

describe('a server that is away or busy', () => {
  test('is asked one small question before anything is sent to it', async () => {
    const { api, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 2000);
    api.faults.push('refused', 'error', 'refused', { says: 0 }, 'error', 'error', 'refused');
    await uploadAll();
    expectMirrored();
    // Nothing is posted but after an answered question, and one broken chunk is followed by a question.
    expect(api.requests.join(' ')).toMatch(/^GET GET GET GET POST GET GET GET (POST ?)+$/);
  });

  test.each([429, 503])('%d: what it asks for is waited, and what it does not is bounded', async (status) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { api, waits, open, uploadAll } = await openTestUpload(onTestFinished, 3);
    api.faults.push(says(status, { 'retry-after': '1' }));
    await uploadAll(open());
    expect(waits).toEqual([1250]); // a second, and a part of half a second beyond
  });

  test('a thousand gateways that were told the same second do not come in the same second', async () => {
    const { api, waits, open } = await openTestUpload(onTestFinished, 3);
    for (const [i, random] of [0, 0.25, 0.5, 0.999].entries()) {
      vi.spyOn(Math, 'random').mockReturnValue(random);
      api.faults.push(says(503, { 'retry-after': '120' }));
      const stopping = new AbortController();
      const running = open().run(stopping.signal);
      await vi.waitFor(() => expect(waits).toHaveLength(i + 1), { interval: 2 });
      stopping.abort();
      await running;
    }
    expect(waits).toEqual([120_000, 135_000, 150_000, 179_940]);
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['99999999', 3_600_000],
    ['Thu, 01 Jan 1970 00:01:40 GMT', 90_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After: %s is %s ms', (header, expected) => {
    expect(parseRetryAfter(header, 10_000)).toBe(expected);
  });
});

describe('a chunk that is too large', () => {
  test('is halved until it fits, at once, and everything arrives', async () => {
    const { api, warnings, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 1024);
    api.setMaxBodyBytes(20_000);
    await uploadAll();
    expectMirrored();
    expect(warnings).toEqual([]);
    // Three times: 128 entries are 18 kB.
    for (const { count } of api.posts.slice(0, 8)) expect(count).toBeGreaterThan(64);
    expect(api.posts.length).toBeLessThan(12);
  });

  test('is tried again after many that fitted, in case the limit was a mistake', async () => {
    const { api, uploadAll, append, expectMirrored } = await openTestUpload(onTestFinished, 1);
    append(1024);
    api.setMaxBodyBytes(1_000);
    const widened = vi.waitFor(() => expect(api.posts.length).toBeGreaterThan(20), {
      interval: 1,
      timeout: 10_000,
    });
    const all = uploadAll();
    await widened;
    api.setMaxBodyBytes(Infinity);
    await all;
    expectMirrored();
    expect(Math.max(...api.posts.map(({ count }) => count))).toBeGreaterThan(api.posts[0]!.count);
  });

  test('and has a single entry is told of, in the server’s words, and waited for', async () => {
    const { api, warnings, open, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 1);
    api.setMaxBodyBytes(10);
    const stopping = new AbortController();
    const running = open().run(stopping.signal);
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(2), { interval: 1 });
    stopping.abort();
    await running;
    expect(warnings[0]).toMatch(/entries\?from=0 answered 413/);
    api.setMaxBodyBytes(Infinity);
    await uploadAll();
    expectMirrored();
  });

  test('for the link is halved too: one that breaks in the middle of every large body gets there all the same', async () => {
    const { api, uploadAll, expectMirrored } = await openTestUpload(onTestFinished, 1024);
    api.faults.push(...Array.from({ length: 4 }).flatMap((): Fault[] => [{ says: 0 }, 'cut request']));
    await uploadAll();
    expectMirrored();
    expect(api.posts[0]!.count).toBe(128);
  });
});

describe('a backfill', () => {
  test('is paced', async () => {
    const { api, warnings, open } = await openTestUpload(onTestFinished, 3000);
    // So slow that its first chunk would leave in two minutes.
    const stopping = new AbortController();
    const running = open({ maxBytesPerSecond: 500 }).run(stopping.signal);
    await vi.waitFor(() => expect(api.asks()).toBe(1), { interval: 1 });
    await nextTurn();
    stopping.abort();
    await running;
    expect(api.posts).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test('and what came in just now is not: the last chunk of a drain waits for nothing', async () => {
    const { append, growth, api, open, expectMirrored } = await openTestUpload(onTestFinished, 10);
    const uploader = open({ maxBytesPerSecond: 1 });
    const stopping = new AbortController();
    const running = uploader.run(stopping.signal);
    await vi.waitFor(() => expect(uploader.mirroredSize()).toBe(10), { interval: 1 });
    append(10);
    growth.announce();
    await vi.waitFor(() => expect(uploader.mirroredSize()).toBe(20), { interval: 1 });
    stopping.abort();
    await running;
    expectMirrored();
    expect(api.posts).toHaveLength(2);
  });
});

test('what the server holds is compared before anything is signed: another history under our origin stops it', async () => {
  const { api, store, warnings, open } = await openTestUpload(onTestFinished, 6);
  const before = store.sqlite.prepare('SELECT COUNT(*) FROM checkpoints').pluck();
  const root = Buffer.alloc(32, 7).toString('base64');
  api.faults.push(says(200, {}, JSON.stringify({ size: 4, root })));
  const stopping = new AbortController();
  const running = open().run(stopping.signal);
  await vi.waitFor(() => expect(warnings.length).toBe(1), { interval: 1 });
  expect(before.get()).toBe(0);
  stopping.abort();
  await running;
  expect(warnings[0]).toMatch(
    /^the trace API has the root 0707.* at 4 entries, which is not this store's: .*succeed/,
  );
});
