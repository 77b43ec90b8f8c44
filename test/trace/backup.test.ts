import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { type Database, newLogger, openDatabase } from '@tianyuan/platform';
import { type BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { backUp } from '@tianyuan/trace-api/backup/back-up.ts';
import { runBackup } from '@tianyuan/trace-api/backup/backup-command.ts';
import { backupLoop } from '@tianyuan/trace-api/backup/backup-loop.ts';
import { holdRecords } from '@tianyuan/trace-api/backup/hold-records.ts';
import { type Link, openRestoration } from '@tianyuan/trace-api/backup/restoration.ts';
import { restore } from '@tianyuan/trace-api/backup/restore.ts';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import { openRecords } from '@tianyuan/trace-api/records/open-records.ts';
import { createPlatformKey, readPlatformSeed } from '@tianyuan/trace-api/records/platform-key.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { type SignedLog, aDay, newDevice, newLog } from './signed-log.ts';
import { type TraceService, ownerToken, platformKey, traceService } from './trace-service.ts';

const asOwner = { authorization: `Bearer ${ownerToken}` };
const home = mkdtempSync(join(tmpdir(), 'tianyuan-backup-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const platform = { origin: platformKey.origin, logId: platformKey.logId, seed: new Uint8Array(32).fill(7) };
const auditHead = (n: number) => ({ chain: '2026-11-25/0123456789abcdef', lines: n, hash: 'ab'.repeat(32) });

onBothDatabases('a backup', (database) => {
  let trace: TraceService;
  let log: SignedLog;
  let file: string;
  let identity: string;
  let recipient: string;
  let restored: Database;

  beforeAll(async () => {
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
    file = join(home, `${database.current().kind}.age`);
    trace = traceService(database.current());
    log = newLog('backup.example');
    const device = newDevice('backup-truck');
    await trace.enrol(log.origin, log.publicKey);
    await trace.enrol(device.id, device.publicKey);
    await trace.enrol(platformKey.origin, platformKey.publicKey);
    for (let i = 0; i < 700; i++) log.append(device.sign({ batch: 'kept', time: aDay + i * 1000 }));
    await trace.upload(log, 0, log.body(0));
    await trace.anchor(log);
    await trace.putBatch('kept', {
      gtin: '06901234567892',
      lot: 'K-1',
      product: { zh: '脐橙 "甲"\n\\', en: 'oranges, naïve' },
      origin: { zh: '安远', en: 'Anyuan' },
      limits: [{ type: 'temperature', max: 4_100 }],
      devices: ['backup-truck'],
      published: true,
    });
    // With what was said of the batch, 300 entries.
    for (let i = 1; i < 300; i++) await trace.records.statement('audit-head', auditHead(i), 'platform');
    const backedUp = await backUp(database.current(), file, { lock: { recipient }, platform, now: 1_000 });
    expect(backedUp).toMatchObject({ madeAt: 1_000, platformSize: 300 });
    expect(backedUp.rows).toBeGreaterThan(700 + 300);
    restored = await database.open();
    await restore(restored, file, { unlock: { identity }, now: 2_000 });
  }, 120_000);

  const paths = () => [
    '/api/v1/batches/kept/trace',
    `/api/v1/logs/${log.logId}`,
    `/api/v1/logs/${platformKey.logId}`,
    `/logs/${log.logId}/checkpoint`,
    `/logs/${log.logId}/tile/entries/001`,
    `/logs/${platformKey.logId}/tile/entries/000`,
    `/logs/${platformKey.logId}/tile/0/000`,
    `/api/v1/logs/${log.logId}/entries/5/proof`,
    '/api/v1/batches/kept/messages',
    '/api/v1/lots',
    '/api/v1/audit',
    '/01/06901234567892/10/K-1',
  ];

  test('restored into an empty database, on either kind, answers as the one that it was made of', async () => {
    const other = await openDatabase({ migrations });
    await restore(other, file, { unlock: { identity }, now: 2_000 });
    for (const copy of [restored, other]) {
      const service = traceService(copy);
      for (const path of paths()) {
        const [before, after] = await Promise.all(
          [trace, service].map(async (one) => {
            const answer = await one.request(path, { headers: asOwner });
            expect(answer.status, path).toBe(200);
            return Buffer.from(await answer.arrayBuffer()).toString('base64');
          }),
        );
        expect(after, path).toBe(before);
      }
    }
    await other.close();
  });

  test('restored, goes on: new logs and new entries get numbers of their own', async () => {
    const service = traceService(restored);
    const next = newLog('next.example');
    await service.enrol(next.origin, next.publicKey);
    next.append(newDevice('stranger').sign());
    expect((await service.upload(next, 0, next.body(0))).status).toBe(200);
    const before = await service.getJson<BatchView>('/api/v1/batches/kept/trace');
    log.append(newDevice('other').sign());
    expect((await service.upload(log, 700, log.body(700))).status).toBe(200);
    expect(await service.getJson('/api/v1/batches/kept/trace')).toEqual(before);
  });

  test('is refused where the database is not empty, or it cannot be opened whole', async () => {
    await expect(restore(restored, file, { unlock: { identity }, now: 0 })).rejects.toThrow('not empty');
    const empty = await openDatabase({ migrations });
    const attempt = (from: string, unlock = { identity }) => restore(empty, from, { unlock, now: 0 });
    await expect(attempt(join(home, 'missing'))).rejects.toThrow('there is no');
    await expect(attempt(file, { identity: await generateX25519Identity() })).rejects.toThrow(
      'cannot be opened',
    );
    const bytes = readFileSync(file);
    const spoilt = join(home, 'spoilt.age');
    for (const at of [bytes.length - 100, Math.floor(bytes.length / 2)]) {
      writeFileSync(
        spoilt,
        Buffer.concat([bytes.subarray(0, at), Buffer.from([bytes[at]! ^ 1]), bytes.subarray(at + 1)]),
      );
      await expect(attempt(spoilt)).rejects.toThrow('cannot be opened');
    }
    writeFileSync(spoilt, bytes.subarray(0, Math.floor(bytes.length / 2)));
    await expect(attempt(spoilt)).rejects.toThrow(/cannot be opened|ends early/);
    const { rows } = await empty.queries.execute(sql`select 1 from trace.entries limit 1`);
    expect(rows).toEqual([]); // all or nothing
    await empty.queries.execute(
      sql`delete from drizzle.trace where id = (select max(id) from drizzle.trace)`,
    );
    await expect(attempt(file)).rejects.toThrow('another release');
    await empty.close();
  });

  const restoration = (links: readonly Link[]) => {
    const opened = openRestoration(restored, platformKey, { links, logger: newLogger('silent') });
    const held = holdRecords(openRecords(restored, platformKey), opened);
    const write = () => held.statement('audit-head', auditHead(301), 'platform');
    return { ...opened, write };
  };
  const linkThat = (name: string, head: Link['head']): Link => ({ name, head });
  const rootAt = async (size: number) => {
    const { rows } = await restored.queries.execute<{ note: string }>(
      sql`select c.note from trace.checkpoints c join trace.logs l on l.id = c.log where l.log_id = ${platformKey.logId} and c.size = ${size}`,
    );
    return Buffer.from(rows[0]!.note.split('\n')[2]!, 'base64');
  };
  /** As long as there is something to ask; ends by itself where all is said. */
  const runWhile = async (one: ReturnType<typeof restoration>, enough: () => Promise<boolean>) => {
    const stop = new AbortController();
    const running = one.run(stop.signal);
    while (!(await enough())) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await running;
  };

  test('restored, signs nothing in the platform’s log while nobody has shown that it is the newest', async () => {
    const alone = restoration([]);
    expect(await alone.write()).toMatchObject({
      kind: { code: 4070 },
      detail: expect.stringContaining('neither'),
    });
    let asked = 0;
    const silent = restoration([
      linkThat('the chain', () => Promise.resolve({ size: 0, root: undefined })),
      linkThat('witness w1', () => {
        asked += 1;
        return Promise.reject(new Error('away'));
      }),
    ]);
    await runWhile(silent, () => Promise.resolve(asked > 0));
    expect(await silent.write()).toMatchObject({ detail: expect.stringContaining('waiting for witness w1') });
  });

  test.each([
    [
      'more than the backup has',
      () => Promise.resolve({ size: 301, root: undefined }),
      'something was signed after it',
    ],
    [
      'another root',
      () => Promise.resolve({ size: 200, root: new Uint8Array(32) }),
      'which is not the backup',
    ],
  ])('restored, signs nothing ever where somebody holds %s', async (_, says, words) => {
    const rewound = restoration([linkThat('the chain', says)]);
    await rewound.run(new AbortController().signal); // ends by itself
    expect(await rewound.write()).toMatchObject({
      kind: { code: 4070 },
      detail: expect.stringContaining(words),
    });
    expect(await restoration([]).write()).toMatchObject({ kind: { code: 4070 } }); // nothing was let go
  });

  test('restored, goes on with the platform’s log once every link has told of a head that it had', async () => {
    const root = await rootAt(200);
    const proven = restoration([
      linkThat('the chain', () => Promise.resolve({ size: 200, root })),
      linkThat('witness w1', async () => ({ size: 300, root: await rootAt(300) })),
    ]);
    await proven.run(new AbortController().signal);
    expect(await proven.write()).toMatchObject({ index: 300, existed: false });
    expect(await restoration([]).write()).toMatchObject({ index: 301 }); // for good
  });

  test('is made every so often while the service runs, and the oldest are removed', async () => {
    const dir = join(home, `loop-${database.current().kind}`);
    const loop = backupLoop(
      database.current(),
      { dir, intervalMs: 1, keep: 2, lock: { recipient } },
      { platform, logger: newLogger('silent') },
    );
    expect(loop.trouble()).toBeUndefined();
    const stop = new AbortController();
    const running = loop.run(stop.signal);
    const seen = new Set<string>();
    while (seen.size < 4) {
      for (const name of await Promise.resolve(list(dir))) if (name.endsWith('.age')) seen.add(name);
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop.abort();
    await running;
    expect(list(dir)).toHaveLength(2);
    expect(statSync(join(dir, list(dir)[0]!)).mode & 0o077).toBe(0);
  });
});

test('backup and restore are commands', { timeout: 120_000 }, async () => {
  const [from, to, keyFile, copy, passphraseFile] = [
    'from',
    'to',
    'platform.key',
    'copy.key',
    'passphrase',
  ].map((name) => join(home, `command-${name}`)) as [string, string, string, string, string];
  createPlatformKey(keyFile);
  writeFileSync(passphraseFile, 'a passphrase of some length\n');
  const database = await openDatabase({ dir: from, migrations });
  const log = newLog('command.example');
  const service = traceService(database);
  await service.enrol(log.origin, log.publicKey);
  log.append(newDevice('command').sign());
  await service.upload(log, 0, log.body(0));
  await database.close();

  const said: string[] = [];
  const run = (...args: string[]) =>
    runBackup(['node', 'trace-api', ...args], (text) => void said.push(text));
  const key = ['--platform-origin', 'own.example/log', '--passphrase-file', passphraseFile];
  const file = join(home, 'command.age');
  await run('backup', '--to', file, '--data-dir', from, '--platform-key-file', keyFile, ...key);
  expect(said.join('')).toContain('own.example/log with 0 entries and its key');
  await expect(
    run('backup', '--to', file, '--data-dir', from, '--platform-key-file', keyFile, ...key),
  ).rejects.toThrow('is there already');
  await run(
    'restore',
    '--from',
    file,
    '--data-dir',
    to,
    '--platform-key-file',
    copy,
    '--passphrase-file',
    passphraseFile,
  );
  expect(readPlatformSeed('x', copy).seed).toEqual(readPlatformSeed('x', keyFile).seed);
  await expect(
    run(
      'restore',
      '--from',
      file,
      '--data-dir',
      to,
      '--platform-key-file',
      copy,
      '--passphrase-file',
      passphraseFile,
    ),
  ).rejects.toThrow('never replaced');
  const back = await openDatabase({ dir: to, migrations });
  expect(await traceService(back).getJson(`/api/v1/logs/${log.logId}`)).toMatchObject({ size: 1 });
  await back.close();
});

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
