import type { Database, Queries } from '@tianyuan/platform';
import { encodeBase64 } from '@tianyuan/protocol';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { logs } from '../database/schema.ts';
import type { PlatformSeed } from '../records/platform-key.ts';
import { type Lock, sealLines } from './sealed-file.ts';
import { readMigrations, readRows, readTables } from './table-rows.ts';

const natural = z.int().min(0);

/** The first line of a backup. The lines after it are `{"table":NAME}`, each before its rows, and last `{"rows":N}`. */
export const backupHeaderSchema = z.strictObject({
  type: z.literal('tianyuan/trace-backup/v1'),
  /** Unix ms */
  madeAt: natural,
  migrations: z.array(z.string()),
  /** the platform's own log, its size and the base64 of the 32-byte seed of its key; absent where the service has none */
  platform: z.strictObject({ origin: z.string(), size: natural, seed: z.string() }).optional(),
});

/** What a backup says of itself. */
export type BackupHeader = z.infer<typeof backupHeaderSchema>;

export type BackedUp = { madeAt: number; rows: number; platformSize: number | undefined };

/**
 * Every table at one moment, with the key of the platform's log, into one encrypted file. A service on PostgreSQL goes on
 * meanwhile; on PGlite, which is one connection, it waits.
 * @throws BackupError
 */
export async function backUp(
  database: Database,
  file: string,
  { lock, platform, now }: { lock: Lock; platform: PlatformSeed | undefined; now: number },
): Promise<BackedUp> {
  return database.transaction(async (tx) => {
    await tx.execute(sql`set transaction isolation level repeatable read, read only`);
    const size = platform === undefined ? undefined : await sizeOf(tx, platform.logId);
    const header: BackupHeader = {
      type: 'tianyuan/trace-backup/v1',
      madeAt: now,
      migrations: await readMigrations(tx),
      ...(platform && {
        platform: { origin: platform.origin, size: size!, seed: encodeBase64(platform.seed) },
      }),
    };
    let count = 0;
    await sealLines(file, lock, allLines());
    return { madeAt: now, rows: count, platformSize: size };

    async function* allLines(): AsyncGenerator<string> {
      yield JSON.stringify(header);
      for (const table of await readTables(tx)) {
        yield JSON.stringify({ table });
        for await (const row of readRows(tx, table)) {
          count += 1;
          yield row;
        }
      }
      yield JSON.stringify({ rows: count });
    }
  });
}

async function sizeOf(tx: Queries, logId: string): Promise<number> {
  const [log] = await tx.select({ size: logs.size }).from(logs).where(eq(logs.logId, logId));
  return log?.size ?? 0;
}
