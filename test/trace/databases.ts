import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '@tianyuan/platform';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { has } from '../components.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

/** The database of a suite: open in its tests, empty before its first. `open` opens one more beside it. */
export type SuiteDatabase = { current: () => Database; open: () => Promise<Database> };

/** Which of the two a project of vitest.config.ts wants; both where it does not say. */
const wanted = process.env['TIANYUAN_DATABASES'] ?? 'pglite postgres';
const withoutPglite = !wanted.includes('pglite');
const withoutPostgres = !wanted.includes('postgres') || !has('postgres');

/** One suite, run on both: PGlite in memory, and a PostgreSQL server. */
export function onBothDatabases(name: string, suite: (database: SuiteDatabase) => void): void {
  describe.skipIf(withoutPglite)(`${name} on PGlite`, () => suite(kept(() => openDatabase({ migrations }))));
  describe.skipIf(withoutPostgres)(`${name} on PostgreSQL`, () => {
    let server: Postgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    suite(kept(async () => openDatabase({ url: await createDatabase(server), migrations })));
    afterAll(() => server?.stop());
  });
}

/** Where a whole service keeps its data: a directory of its own, or a database of its own on a server. */
export type ServerDatabase = () => Promise<{ dataDir?: string; databaseUrl?: string }>;

/** One suite for whole services, run on both: PGlite in a directory, and a PostgreSQL server. */
export function onBothServers(name: string, suite: (database: ServerDatabase) => void): void {
  describe.skipIf(withoutPglite)(`${name}, with PGlite`, () => {
    const home = mkdtempSync(join(tmpdir(), 'tianyuan-pglite-'));
    suite(() => Promise.resolve({ dataDir: mkdtempSync(join(home, 'data-')) }));
    afterAll(() => rmSync(home, { recursive: true, force: true }));
  });
  describe.skipIf(withoutPostgres)(`${name}, with PostgreSQL`, () => {
    let server: Postgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    suite(async () => ({ databaseUrl: await createDatabase(server) }));
    afterAll(() => server?.stop());
  });
}

function kept(open: () => Promise<Database>): SuiteDatabase {
  const opened: Database[] = [];
  const openOne = async (): Promise<Database> => {
    const database = await open();
    opened.push(database);
    return database;
  };
  beforeAll(async () => void (await openOne()));
  afterAll(async () => {
    for (const database of opened) await database.close();
  });
  return { current: () => opened[0]!, open: openOne };
}

/** An empty database on the server; returns its URL. */
async function createDatabase({ url }: Pick<Postgres, 'url'>): Promise<string> {
  const name = `t${randomBytes(6).toString('hex')}`;
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}
