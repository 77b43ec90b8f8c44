import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase, serve } from '@tianyuan/platform';
import { logIdHex } from '@tianyuan/protocol';
import { migrations } from '@tianyuan/trace-api/open-trace-api.ts';
import pg from 'pg';
import { has } from '../components.ts';
import { startPostgres } from '../postgres.ts';
import { type TraceService, traceService } from '../trace/trace-service.ts';

export type DatabaseKind = 'PGlite' | 'PostgreSQL';

export const databaseKinds: readonly DatabaseKind[] = has('postgres') ? ['PGlite', 'PostgreSQL'] : ['PGlite'];

export type TraceUnderTest = {
  service: TraceService;
  /** listens from now on; before, nothing does at that port */
  listen: (port?: number) => Promise<string>;
  /** ms of `performance.now()` at which the first upload came */
  firstUploadMs: () => number | undefined;
  describe: (origin: string) => Promise<{ size: number; verified: number; flagged: Record<string, number> }>;
  close: () => Promise<void>;
};

/** A trace API on a database of its own on disk, whose registry the benchmark speaks for. */
export async function openTraceUnderTest(kind: DatabaseKind): Promise<TraceUnderTest> {
  const { database, remove } = kind === 'PGlite' ? await openOnPglite() : await openOnPostgres();
  const service = traceService(database);
  let firstUploadMs: number | undefined;
  let stop = async (): Promise<void> => {};
  return {
    service,
    async listen(port = 0) {
      const fetch = (request: Request): Response | Promise<Response> => {
        if (request.method === 'POST') firstUploadMs ??= performance.now();
        return service.app.fetch(request);
      };
      const server = await serve({ fetch, host: '127.0.0.1', port });
      stop = () => server.close();
      return server.url;
    },
    firstUploadMs: () => firstUploadMs,
    describe: (origin) => service.getJson(`/api/v1/logs/${logIdHex(origin)}`),
    async close() {
      await stop();
      await database.close();
      await remove();
    },
  };
}

type Opened = { database: Database; remove: () => void | Promise<void> };

async function openOnPglite(): Promise<Opened> {
  const dir = mkdtempSync(join(tmpdir(), 'tianyuan-bench-trace-'));
  const database = await openDatabase({ dir, migrations });
  return { database, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

async function openOnPostgres(): Promise<Opened> {
  const server = await startPostgres();
  const name = `bench${randomBytes(4).toString('hex')}`;
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const database = await openDatabase({ url: url.href, migrations });
  return { database, remove: () => server.stop() };
}
