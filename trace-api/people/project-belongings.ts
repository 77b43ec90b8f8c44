import type { Queries } from '@tianyuan/platform';
import { and, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import type { CatalogueBody } from '../catalogue/statements.ts';
import { belongings, catalogueFacts } from '../database/schema.ts';
import { readEvent } from '../genealogy/read-event.ts';
import { lotOf, scopeOf } from '../genealogy/thing.ts';
import type { Recorded } from '../records/recorded.ts';
import type { Scope } from './scope.ts';

/** How a thing came to belong: somebody said so, the catalogue has it, or it was handed over. */
type Way = 'said' | 'catalogue' | 'hand-over';

/** The records of others from which it follows what belongs to whom. */
export const belongingRecords = ['plot', 'batch', 'event'] as const;

/**
 * A plot is the organisation's that the catalogue names, a batch its plot's, and what was handed over is the receiver's until it
 * is handed on. So whoever grew a batch still reaches it, and of those who had it the last one does.
 */
export async function projectBelongings(tx: Queries, record: Recorded): Promise<void> {
  switch (record.name as (typeof belongingRecords)[number]) {
    case 'plot': {
      const { farmPlotId, organisation } = record.body as CatalogueBody<'plot'>;
      const plot: Scope = { kind: 'plot', id: farmPlotId };
      return replace(tx, record, plot, { kind: 'organisation', id: organisation }, 'catalogue');
    }
    case 'batch': {
      const { batchId, farmPlotId } = record.body as CatalogueBody<'batch'>;
      const plot: Scope | undefined = farmPlotId === undefined ? undefined : { kind: 'plot', id: farmPlotId };
      return replace(tx, record, { kind: 'batch', id: batchId }, plot, 'catalogue');
    }
    case 'event':
      return handOver(tx, record);
  }
}

async function handOver(tx: Queries, record: Recorded): Promise<void> {
  const facts = readEvent(record.body);
  if ('member' in facts || facts.to === undefined) return;
  const to = scopeOf(facts.to);
  if (to?.kind !== 'organisation') return;
  const lots = new Set(facts.lots.map(({ lot }) => lot));
  for (const id of await batchesOf(tx, [...lots], record.index)) {
    await replace(tx, record, { kind: 'batch', id }, to, 'hand-over');
  }
}

/** The batches that were declared as these lots before `asOf`. */
async function batchesOf(tx: Queries, lots: readonly string[], asOf: number): Promise<string[]> {
  if (lots.length === 0) return [];
  const rows = await tx
    .selectDistinct({ id: catalogueFacts.id })
    .from(catalogueFacts)
    .where(
      and(
        eq(catalogueFacts.kind, 'batch'),
        lt(catalogueFacts.atIndex, asOf),
        inArray(
          sql`(${catalogueFacts.body}->>'gtin', ${catalogueFacts.body}->>'lot')`,
          lots.map(lotOf).map(({ gtin, lot }) => sql`(${gtin}, ${lot})`),
        ),
      ),
    );
  return rows.map(({ id }) => id);
}

/** From this record on the thing belongs to that in this way, and to nothing else in the same way. */
async function replace(
  tx: Queries,
  { index: atIndex, at }: Recorded,
  thing: Scope,
  to: Scope | undefined,
  way: Way,
): Promise<void> {
  const latest = tx
    .selectDistinctOn([belongings.toKind, belongings.toId])
    .from(belongings)
    .where(
      and(
        eq(belongings.thingKind, thing.kind),
        eq(belongings.thingId, thing.id),
        lt(belongings.atIndex, atIndex),
      ),
    )
    .orderBy(belongings.toKind, belongings.toId, sql`${belongings.atIndex} desc`)
    .as('latest');
  const now = await tx
    .select()
    .from(latest)
    .where(or(isNull(latest.until), gt(latest.until, at)));
  const isTo = ({ toKind, toId }: { toKind: string; toId: string }) => toKind === to?.kind && toId === to.id;
  const ended = now.filter((row) => row.way === way && !isTo(row));
  const rows: (typeof belongings.$inferInsert)[] = ended.map((row) => ({ ...row, atIndex, at, until: at }));
  if (to !== undefined && !now.some(isTo)) {
    const { kind: thingKind, id: thingId } = thing;
    rows.push({ atIndex, at, thingKind, thingId, toKind: to.kind, toId: to.id, from: at, way });
  }
  if (rows.length > 0) await tx.insert(belongings).values(rows);
}
