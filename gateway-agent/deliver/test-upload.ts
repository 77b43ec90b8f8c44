import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CompactRange,
  appendToRange,
  encodeBase64,
  leafHash,
  logIdHex,
  parseCheckpoint,
  rangeRoot,
  sha256,
  verifyCheckpoint,
} from '@tianyuan/protocol';
import { naiveRoot } from '@tianyuan/protocol/vectors/naive-tree.ts';
import pino from 'pino';
import { openRestoration } from '../log/restoration.ts';
import { openTestLog, testOrigin } from '../test-log.ts';
import { newTestStore } from '../test-store.ts';
import { newGrowth } from './growth.ts';
import { type Uploader, openUploader } from './upload.ts';

/**
 * What goes wrong with one request: the connection breaks before or after it was worked on, or while its body is read;
 * the server says 500, or a size of its own; or the test answers itself.
 */
export type Fault =
  | 'refused'
  | 'lost answer'
  | 'cut request'
  | 'error'
  | { says: number }
  | ((response: ServerResponse) => void);

const base = `/api/v1/logs/${logIdHex(testOrigin)}`;

/** vitest's, which only tests import */
type OnTestFinished = (cleanUp: () => void) => void;

type Body = { checkpoint: string; entries: string; payloads: (string | null)[] };

/** The trace API's side of an upload, as PROTOCOL.md section 7 has it, over real HTTP. */
async function openTestTraceApi(publicKey: Uint8Array, onTestFinished: OnTestFinished) {
  const entries: Buffer[] = [];
  const payloads: (string | null)[] = [];
  const posts: { from: number; count: number; key: string }[] = [];
  /** what was shown ahead: `mirrored` is how much there was of the log then */
  const live: { from: number; size: number; mirrored: number; payloads: string[] }[] = [];
  const broken: string[] = [];
  const faults: Fault[] = [];
  /** every request, in order: `GET` or `POST` */
  const requests: string[] = [];
  let asks = 0;
  let enrolled = true;
  /** as a proxy before the server has it: larger bodies are refused with 413 */
  let maxBodyBytes = Infinity;

  function take(from: number, body: Body): string | undefined {
    const chunk = Buffer.from(body.entries, 'base64');
    const sent = Array.from({ length: chunk.length / 56 }, (_, i) => chunk.subarray(i * 56, i * 56 + 56));
    const checkpoint = parseCheckpoint(body.checkpoint);
    if (!verifyCheckpoint(checkpoint, publicKey)) return 'the checkpoint is not signed by the log';
    if (from > entries.length) return `there is a hole between ${entries.length} and ${from}`;
    const all = [...entries.slice(0, from), ...sent];
    if (checkpoint.size !== all.length)
      return `${all.length} entries under a checkpoint of ${checkpoint.size}`;
    if (Buffer.compare(naiveRoot(all.map(leafHash)), checkpoint.root) !== 0) return 'another root';
    sent.forEach((entry, i) => {
      const given = body.payloads[i] ?? null;
      const payload = given === null ? null : Buffer.from(given, 'base64');
      if (payload !== null && Buffer.compare(sha256(payload), entry.subarray(24)) !== 0) {
        broken.push(`payload ${from + i} is another one`);
      }
      if (from + i < entries.length) return;
      entries.push(entry);
      payloads.push(payload && payload.toString().trim());
    });
    return undefined;
  }

  function takeLive(from: number, body: Body & { before: string }): string | undefined {
    const checkpoint = parseCheckpoint(body.checkpoint);
    if (!verifyCheckpoint(checkpoint, publicKey)) return 'the live checkpoint is not signed by the log';
    const bytes = Buffer.from(body.before, 'base64');
    const nodes = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
    const range: CompactRange = { size: from, nodes };
    const sent = Buffer.from(body.entries, 'base64');
    for (let at = 0; at < sent.length; at += 56) appendToRange(range, leafHash(sent.subarray(at, at + 56)));
    if (range.size !== checkpoint.size || Buffer.compare(rangeRoot(range), checkpoint.root) !== 0)
      return 'the live entries do not lead to the root';
    live.push({
      from,
      size: checkpoint.size,
      mirrored: entries.length,
      payloads: body.payloads.map((payload) => Buffer.from(payload!, 'base64').toString().trim()),
    });
    return undefined;
  }

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    if (!enrolled) return { status: 404, body: { title: 'no such log' } };
    if (request.method === 'GET') {
      asks += 1;
      return entries.length === 0
        ? { status: 404, body: {} }
        : {
            status: 200,
            body: { size: entries.length, root: encodeBase64(naiveRoot(entries.map(leafHash))) },
          };
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (bytes.length > maxBodyBytes)
      return { status: 413, body: '<html>413 Request Entity Too Large</html>' };
    const { pathname, searchParams } = new URL(request.url!, 'http://here');
    const from = Number(searchParams.get('from'));
    const body = JSON.parse(bytes.toString()) as Body & { before: string };
    if (pathname.endsWith('/live')) {
      const refused = takeLive(from, body);
      if (refused === undefined) return { status: 200, body: { size: entries.length } };
      broken.push(refused);
      return { status: 422, body: { code: 4005, title: 'refused', detail: refused } };
    }
    posts.push({ from, count: body.payloads.length, key: String(request.headers['x-idempotency-key']) });
    const refusal = take(from, body);
    if (refusal !== undefined) {
      broken.push(refusal);
      return { status: 422, body: { code: 4001, title: 'refused', detail: refusal } };
    }
    return { status: 200, body: { size: entries.length } };
  }

  const server = createServer((request, response) => {
    requests.push(request.method!);
    const fault =
      request.url!.startsWith(base) && !request.url!.includes('/live') ? faults.shift() : undefined;
    if (fault === 'refused') return void request.socket.destroy();
    if (fault === 'cut request') return void request.once('data', () => request.socket.destroy());
    if (fault === 'error') return void response.writeHead(500).end('<html>a proxy’s own words</html>');
    if (typeof fault === 'function') return fault(response);
    void answer(request).then(({ status, body }) => {
      if (fault === 'lost answer') return request.socket.destroy();
      const told = typeof fault === 'object' ? { status: 200, body: { size: fault.says } } : { status, body };
      return response
        .writeHead(told.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(told.body));
    }, noAnswer);
  });
  /** to a request whose connection broke while its body was read */
  const noAnswer = (): void => {};
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries,
    payloads,
    posts,
    live,
    broken,
    faults,
    requests,
    asks: () => asks,
    setEnrolled: (value: boolean) => (enrolled = value),
    setMaxBodyBytes: (value: number) => (maxBodyBytes = value),
  };
}

/** A stored log, a trace API over HTTP, and the uploader between them. */
export async function openTestUpload(onTestFinished: OnTestFinished, size = 0) {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  const { log, checkpoints, publicKey, append } = openTestLog(store);
  append(size);
  const api = await openTestTraceApi(publicKey, onTestFinished);
  const growth = newGrowth();
  const warnings: string[] = [];
  /** what each failed try waits, ms */
  const waits: number[] = [];
  const logger = pino(
    { level: 'warn' },
    {
      write(line: string) {
        const { err, retryInMs } = JSON.parse(line) as { err: { message: string }; retryInMs: number };
        warnings.push(err.message);
        waits.push(retryInMs);
      },
    },
  );
  const open = (
    options: { url?: string; maxBytesPerSecond?: number; timeoutMs?: number; liveEveryMs?: number } = {},
  ): Uploader =>
    openUploader({
      url: `${api.url}/`,
      origin: testOrigin,
      store,
      log,
      checkpoints,
      restoration: openRestoration(store, log, { origin: testOrigin, links: ['mirror'] }),
      growth,
      logger,
      maxBytesPerSecond: Infinity,
      ...options,
    });
  /** Runs an uploader until everything is mirrored, then stops it. */
  async function uploadAll(uploader = open()): Promise<void> {
    const stopping = new AbortController();
    const running = uploader.run(stopping.signal);
    const started = performance.now();
    while (uploader.mirroredSize() !== log.size()) {
      assert(
        performance.now() - started < 20_000,
        `${uploader.mirroredSize()} of ${log.size()} are mirrored`,
      );
      await delay(5);
    }
    stopping.abort();
    await running;
  }
  const expectMirrored = (): void => {
    assert.deepEqual(api.broken, []);
    assert.deepEqual(
      api.payloads,
      Array.from({ length: log.size() }, (_, i) => `payload ${i}`),
    );
  };
  return { store, log, append, api, growth, warnings, waits, open, uploadAll, expectMirrored };
}
