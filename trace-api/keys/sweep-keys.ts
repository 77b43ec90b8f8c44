import type { Database, Queries } from '@tianyuan/platform';
import { and, asc, eq, gte, lt, or, sql } from 'drizzle-orm';
import { entries, keys, logs, strangers } from '../database/schema.ts';
import type { VerifySignature } from '../ingest/examine-entry.ts';
import { type KeyRow, readRevocations } from './read-keys.ts';
import { rejudgeEntries } from './rejudge-entries.ts';

/** Judged in one transaction, which others of the log wait for. */
const entriesAtOnce = 1_000;

/**
 * Judges anew what the registry has changed: strangers whose key has come, and messages under keys that changed.
 * @returns the mirror's numbers of the logs that hold them
 */
export async function sweepKeys(database: Database, verify: VerifySignature): Promise<ReadonlySet<number>> {
  const rejudged = new Set<number>();
  while (await rejudgeSome(database, verify, rejudged, findAcquainted)) continue;
  const stale = await database.queries.select().from(keys).where(eq(keys.stale, true)).orderBy(asc(keys.id));
  for (const key of stale) {
    while (await rejudgeSome(database, verify, rejudged, (queries) => findMisjudged(queries, key))) continue;
    const same = and(eq(keys.id, key.id), sameState(key));
    await database.queries.update(keys).set({ stale: false }).where(same);
  }
  return rejudged;
}

type Found = { log: number; index: number }[];

/** @returns whether there was anything to judge */
async function rejudgeSome(
  database: Database,
  verify: VerifySignature,
  rejudged: Set<number>,
  find: (queries: Queries) => Promise<Found>,
): Promise<boolean> {
  const found = await find(database.queries);
  for (const [log, those] of Map.groupBy(found, (one) => one.log)) {
    rejudged.add(log);
    await database.transaction(async (tx) => {
      const [row] = await tx.select().from(logs).where(eq(logs.id, log)).for('update');
      await rejudgeEntries(
        tx,
        row!,
        those.map(({ index }) => index),
        verify,
      );
    });
  }
  return found.length > 0;
}

/** Messages of strangers whom the registry now knows. */
function findAcquainted(queries: Queries): Promise<Found> {
  return queries
    .select({ log: strangers.log, index: strangers.index })
    .from(strangers)
    .innerJoin(
      keys,
      and(
        eq(keys.subject, strangers.subject),
        eq(keys.keyNumber, strangers.keyNumber),
        eq(keys.enrolled, true),
      ),
    )
    .orderBy(asc(strangers.log), asc(strangers.index))
    .limit(entriesAtOnce);
}

/** Messages under a key whose standing is not what it is in the registry. */
async function findMisjudged(queries: Queries, key: KeyRow): Promise<Found> {
  const signed = eq(entries.key, key.id);
  if (!key.enrolled) return findEntries(queries, and(signed, entries.verified));
  // Its own messages only: `entries.key` says whose signature fits.
  const isRotated = sql`(${entries.flag} is not distinct from 'ROTATED_KEY')`;
  const isBehind = sql`coalesce((${entries.boot}, ${entries.seq}) > (${key.lastBoot}::int8, ${key.lastSeq}::int8), false)`;
  const misplaced = await findEntries(queries, and(signed, sql`${isRotated} <> ${isBehind}`));
  if (misplaced.length > 0) return misplaced;
  const revoked = eq(entries.flag, 'REVOKED_KEY');
  const suspect = eq(entries.flag, 'SUSPECT');
  if (key.revokedBlock === null) return findEntries(queries, and(signed, or(revoked, suspect)));
  for (const log of await queries.select({ id: logs.id, logId: logs.logId }).from(logs)) {
    const revocation = (await readRevocations(queries, [key.id], log.logId)).get(key.id);
    if (revocation === undefined) return []; // taken back meanwhile, which made the key stale again
    const { from, revokedFrom } = revocation;
    const found = await findEntries(
      queries,
      and(
        eq(entries.log, log.id),
        signed,
        or(
          and(entries.verified, gte(entries.index, from)),
          and(revoked, lt(entries.index, revokedFrom)),
          and(suspect, or(lt(entries.index, from), gte(entries.index, revokedFrom))),
        ),
      ),
    );
    if (found.length > 0) return found;
  }
  return [];
}

function findEntries(queries: Queries, where: ReturnType<typeof and>): Promise<Found> {
  return queries
    .select({ log: entries.log, index: entries.index })
    .from(entries)
    .where(where)
    .orderBy(asc(entries.log), asc(entries.index))
    .limit(entriesAtOnce);
}

/** The registry may have changed it again while its messages were judged; then it stays stale. */
function sameState(key: KeyRow) {
  return and(
    eq(keys.enrolled, key.enrolled),
    sql`${keys.revokedBlock} is not distinct from ${key.revokedBlock}`,
    sql`${keys.rotatedBlock} is not distinct from ${key.rotatedBlock}`,
  );
}
