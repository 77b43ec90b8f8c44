import type { Database, Queries } from '@tianyuan/platform';
import { decodeBase64, edgeRoot, equalBytes, logIdHex } from '@tianyuan/protocol';
import { eq } from 'drizzle-orm';
import { logs, restorations } from '../database/schema.ts';
import { readEdge } from '../mirror/read-edge.ts';
import { BackupError } from './backup-error.ts';
import { type BackupHeader, backupHeaderSchema } from './back-up.ts';
import { type Unlock, openLines } from './sealed-file.ts';
import { continueNumbers, isEmpty, readMigrations, readTables, rowWriter } from './table-rows.ts';

export type Restored = { header: BackupHeader; rows: number };

/** Neither a row nor the text of one: rows of our tables always have more members. */
const tableLine = /^\{"table":"([a-z_]{1,63})"\}$/;
const endLine = /^\{"rows":(\d{1,15})\}$/;

/**
 * Fills an empty database from a backup, in one transaction: all of it is there afterwards, or nothing. The platform's log is
 * held from then on until it is known that nothing was signed after the backup.
 * @param onProgress gets the number of rows so far
 * @throws BackupError
 */
export async function restore(
  database: Database,
  file: string,
  {
    unlock,
    now,
    onProgress = () => {},
  }: { unlock: Unlock; now: number; onProgress?: (rows: number) => void },
): Promise<Restored> {
  return database.transaction(async (tx) => {
    const tables = await readTables(tx);
    for (const table of tables) {
      if (!(await isEmpty(tx, table)))
        throw new BackupError(`the database is not empty (table ${table}): restore into a new one`);
    }
    const lines = openLines(file, unlock);
    const first: IteratorResult<string, undefined> = await lines.next();
    const header = readHeader(file, first.value ?? '', await readMigrations(tx));
    const rows = await takeRows(tx, file, lines, new Set(tables), onProgress);
    await continueNumbers(tx);
    await hold(tx, header, now);
    return { header, rows };
  });
}

function readHeader(file: string, line: string, migrations: readonly string[]): BackupHeader {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // said below
  }
  const header = backupHeaderSchema.safeParse(value).data;
  if (header === undefined) throw new BackupError(`${file} is no backup of a trace API`);
  if (header.migrations.join() !== migrations.join()) {
    throw new BackupError(
      `${file} is of another release: its database had run ${header.migrations.length} migrations, this one ${migrations.length}. ` +
        'Restore it with the release that made it, and upgrade after that',
    );
  }
  return header;
}

async function takeRows(
  tx: Queries,
  file: string,
  lines: AsyncGenerator<string>,
  tables: ReadonlySet<string>,
  onProgress: (rows: number) => void,
): Promise<number> {
  let writer: ReturnType<typeof rowWriter> | undefined;
  let rows = 0;
  let end: number | undefined;
  for await (const line of lines) {
    const table = tableLine.exec(line)?.[1];
    const last = endLine.exec(line)?.[1];
    if (table !== undefined) {
      await writer?.flush();
      if (!tables.has(table))
        throw new BackupError(`${file} has a table ${table} that this release does not know`);
      writer = rowWriter(tx, table);
    } else if (last !== undefined) {
      end = Number(last);
    } else {
      if (writer === undefined || end !== undefined)
        throw new BackupError(`${file} is no backup of a trace API`);
      await writer.add(line);
      rows += 1;
      if (rows % 10_000 === 0) onProgress(rows);
    }
  }
  await writer?.flush();
  if (end !== rows) throw new BackupError(`${file} ends early: it has ${rows} rows of ${end ?? 'more'}`);
  return rows;
}

/** Notes what was restored, after a look at whether its tiles give the root that was signed. */
async function hold(tx: Queries, { platform, madeAt }: BackupHeader, restoredAt: number): Promise<void> {
  if (platform === undefined) return;
  const [log] = await tx
    .select()
    .from(logs)
    .where(eq(logs.logId, logIdHex(platform.origin)));
  if ((log?.size ?? 0) !== platform.size)
    throw new BackupError("the backup lacks entries of the platform's log");
  if (
    log !== undefined &&
    log.size > 0 &&
    !equalBytes(edgeRoot(await readEdge(tx, log.id, log.size)), log.root)
  ) {
    throw new BackupError("the entries of the platform's log in the backup have another root than it signed");
  }
  const { origin, size } = platform;
  await tx.delete(restorations);
  await tx.insert(restorations).values({ origin, size, madeAt, restoredAt });
}

/** The seed of the platform's key, for whoever writes the key file. */
export function seedOf({ platform }: BackupHeader): Uint8Array | undefined {
  return platform && decodeBase64(platform.seed);
}
