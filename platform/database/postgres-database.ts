import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Pool } from 'pg';
import { PlatformError } from '../platform-error.ts';
import type { Database, Migrations, Queries } from './database.ts';

/** Any constant: whoever runs migrations in one database takes the advisory lock of this number first. */
const migrationLock = 0x7469616e;

const poolSize = 10; // one process has one core: more connections wait for it, not for the server
const connectTimeoutMs = 5_000;

/**
 * A PostgreSQL server that several processes may share.
 * @param onLost told when the server ends an idle connection; the pool opens another on the next query
 * @throws PlatformError DATABASE_UNREACHABLE or MIGRATION_FAILED
 */
export async function openPostgres(
  url: string,
  migrations: Migrations,
  onLost: (error: Error) => void,
): Promise<Database> {
  const pool = new Pool({ connectionString: url, max: poolSize, connectionTimeoutMillis: connectTimeoutMs });
  pool.on('error', onLost);
  const queries = drizzle(pool) as unknown as Queries;
  try {
    await runMigrations(pool, migrations);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    kind: 'postgres',
    queries,
    jobStore: { executeSql: (text, values) => pool.query(text, values) },
    transaction: (work) => queries.transaction(work),
    ping: async () => void (await queries.execute(sql`select 1`)),
    close: () => pool.end(),
  };
}

/** Processes that start together migrate one after the other; those that come late find nothing left to do. */
async function runMigrations(pool: Pool, { service, folder }: Migrations): Promise<void> {
  const client = await pool.connect().catch((cause: Error) => {
    throw new PlatformError(
      'DATABASE_UNREACHABLE',
      `the PostgreSQL server of DATABASE_URL does not answer: ${cause.message}`,
      { cause },
    );
  });
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await migrate(drizzle(client), { migrationsFolder: folder, migrationsTable: service });
  } catch (cause) {
    throw new PlatformError(
      'MIGRATION_FAILED',
      `the migrations of ${service} do not run: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  } finally {
    // Ending the connection also ends its lock, whatever state the migration left it in.
    client.release(true);
  }
}
