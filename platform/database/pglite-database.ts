import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite, types } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { fromPglite } from 'pg-boss';
import { PlatformError } from '../platform-error.ts';
import type { Database, Migrations, Queries } from './database.ts';
import { lockDirectory } from './directory-lock.ts';

/**
 * PostgreSQL inside this process. It is one connection: transactions queue behind each other. A commit survives the
 * end of the process but, PGlite running without fsync, not for certain a power cut.
 *
 * @param dir taken for this process alone; in memory where undefined
 * @throws PlatformError DIRECTORY_IN_USE, DATABASE_UNREACHABLE or MIGRATION_FAILED
 */
export async function openPglite(dir: string | undefined, migrations: Migrations): Promise<Database> {
  const lock = dir === undefined ? undefined : lockDirectory(dir);
  let client: PGlite | undefined;
  try {
    client = await startPglite(dir);
    const queries = drizzle(client) as unknown as Queries;
    await runMigrations(client, migrations);
    return {
      kind: 'pglite',
      queries,
      jobStore: fromPglite(client),
      transaction: (work) => queries.transaction(work),
      ping: async () => void (await queries.execute(sql`select 1`)),
      close: async () => {
        await client!.close();
        lock?.release();
      },
    };
  } catch (error) {
    await client?.close();
    lock?.release();
    throw error;
  }
}

async function startPglite(dir: string | undefined): Promise<PGlite> {
  const options = {
    // PGlite's own converters build an array element a byte. A byte string is bound as it is, in binary.
    serializers: { [types.BYTEA]: (bytes: unknown) => bytes as string },
    parsers: { [types.BYTEA]: (hex: string) => Buffer.from(hex.slice(2), 'hex') },
  };
  try {
    if (dir === undefined) return await PGlite.create(options);
    const data = join(dir, 'pglite');
    mkdirSync(data, { recursive: true });
    return await PGlite.create(data, options);
  } catch (cause) {
    throw new PlatformError(
      'DATABASE_UNREACHABLE',
      `the embedded database in ${dir ?? 'memory'} does not start: ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function runMigrations(client: PGlite, { service, folder }: Migrations): Promise<void> {
  try {
    await migrate(drizzle(client), { migrationsFolder: folder, migrationsTable: service });
  } catch (cause) {
    throw new PlatformError(
      'MIGRATION_FAILED',
      `the migrations of ${service} do not run: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}
