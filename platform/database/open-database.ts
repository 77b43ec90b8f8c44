import type { Database, Migrations } from './database.ts';
import { openPglite } from './pglite-database.ts';
import { openPostgres } from './postgres-database.ts';

/**
 * Opens the database that the configuration names and brings it to the newest migration.
 * @param config.url a PostgreSQL server; without one PGlite in `dir`, and without that in memory
 * @throws PlatformError DIRECTORY_IN_USE, DATABASE_UNREACHABLE or MIGRATION_FAILED
 */
export function openDatabase(config: {
  url?: string | undefined;
  dir?: string | undefined;
  migrations: Migrations;
  onLost?: (error: Error) => void;
}): Promise<Database> {
  const { url, dir, migrations, onLost = () => {} } = config;
  return url === undefined ? openPglite(dir, migrations) : openPostgres(url, migrations, onLost);
}
