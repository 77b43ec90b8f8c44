import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Database, type HttpServer, openDatabase, serve } from '@tianyuan/platform';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InspectedService, inspectedService, inspectorsPolicy } from '../trace/inspected-service.ts';

// Requirement 13: 扫码展示本地+权威链上证明，验签通过（随机抽样 100 单准确率目标）. The command as an inspector runs it, over HTTP and RPC.

const main = fileURLToPath(new URL('../../verifier/inspect/main.ts', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'tianyuan-inspect-'));
const [trust, key, out] = ['trust.json', 'inspector.key', 'report.html'].map((name) => join(home, name)) as [
  string,
  string,
  string,
];
const lots = 110;
let database: Database;
let service: InspectedService;
let server: HttpServer;
let node: Server;
let rpcUrl: string;

beforeAll(async () => {
  database = await openDatabase({ migrations });
  service = await inspectedService(database, 'command');
  for (let i = 0; i < lots; i++) await service.addLot(`lot-${i}`, 2);
  await service.anchor();
  server = await serve({ fetch: service.trace.app.fetch, host: '127.0.0.1', port: 0 });
  node = createServer((request, response) => void answerAsNode(request, response));
  await once(node.listen(0, '127.0.0.1'), 'listening');
  rpcUrl = `http://127.0.0.1:${(node.address() as AddressInfo).port}/`;
  writeFileSync(trust, JSON.stringify(inspectorsPolicy));
}, 300_000);
afterAll(async () => {
  await server?.close();
  node?.close();
  await database?.close();
  rmSync(home, { recursive: true, force: true });
});

async function answerAsNode(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { id, method, params } = JSON.parse(await text(request));
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: await service.rpc(method, params) }));
}

async function run(args: string[], onLine?: (kill: () => void) => void) {
  const child = spawn(process.execPath, [main, ...args], { cwd: home });
  const ended = once(child, 'close') as Promise<[number]>;
  child.stdout.once('data', () => onLine?.(() => child.kill('SIGINT')));
  const [written, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: (await ended)[0], written, errors };
}

const inspect = (args: string[], onLine?: (kill: () => void) => void) =>
  run(
    [
      '--state',
      'published',
      '--url',
      server.url,
      '--trust',
      trust,
      '--rpc',
      rpcUrl,
      '--key',
      key,
      '--out',
      out,
      '--bundles',
      '1',
      ...args,
    ],
    onLine,
  );

test(
  'finds 100 of 100 accurate where nothing was falsified, and signs that',
  { timeout: 900_000 },
  async () => {
    const { code, written, errors } = await inspect(['--sample', '100', '--seed', '7']);
    expect(written).toContain('100/100 = 100.0 %');
    expect(errors).toContain('100 of 110 lots');
    expect(code).toBe(0);

    const [, publicKey] = /public key: (\S+)/.exec(errors)!;
    const check = (file: string) => run(['check', file, '--public-key', publicKey!]);
    expect(await check(out)).toMatchObject({ code: 0, written: expect.stringContaining('100 of 100') });
    const page = readFileSync(out, 'utf8');
    const forged = join(home, 'forged.html');
    for (const [from, to] of [
      ['准确 <span lang="en">accurate', '准确！<span lang="en">accurate'], // what people read
      ['"accurate":100', '"accurate":99'], // what is signed
      ['"seed":"7"', '"seed":"8"'],
    ] as const) {
      writeFileSync(forged, page.replace(from, to));
      expect((await check(forged)).code).toBe(1);
    }
    expect((await run(['check', out, '--public-key', 'another'])).code).toBe(1);
  },
);

test('finds every lot that was falsified, and says why', { timeout: 900_000 }, async () => {
  const planted = ['lot-3', 'lot-7'];
  for (const batchId of planted) {
    await database.queries.execute(sql`
      update trace.series set "values" = array[1, 2], min = 1, max = 2, sum = 3
      where batch_id = ${batchId} and type = 'temperature' and device = 'command-truck' and count = 2
        or batch_id = ${batchId} and type = 'humidity'`);
  }
  await database.queries.execute(
    sql`update trace.series set max = max + 1 where batch_id in ('lot-3', 'lot-7') and type = 'temperature'`,
  );
  const { code, written } = await inspect(['--sample', '110', '--seed', '8']);
  expect(written).toContain('108/110');
  const missed = [...written.matchAll(/✗ \/01\/06901234567892\/10\/L%2F(\S+)/g)].map(([, lot]) => lot);
  expect(new Set(missed)).toEqual(new Set(planted));
  expect(written).toContain('CURVE_DIFFERS');
  expect(code).toBe(1);
});

test('called off, ends at once with a report that says so', async () => {
  const { code, written } = await inspect(['--sample', '110', '--seed', '9'], (kill) => kill());
  expect(code).toBe(130);
  expect(written).toContain('called off');
  expect(readFileSync(out, 'utf8')).toContain('called off before its end');
});

test('says what it cannot work with, exit code 2', async () => {
  const cases: [string[], string][] = [
    [['--sample', '0'], '--sample'],
    [['--trust', join(home, 'missing')], 'Cannot read the trust policy'],
    [['--url', 'http://127.0.0.1:1'], 'does not answer'],
    [['--key', trust], 'base64 of 32 bytes'],
  ];
  for (const [args, words] of cases) {
    const { code, errors } = await inspect(args);
    expect(errors).toContain(words);
    expect(code).toBe(2);
  }
});
