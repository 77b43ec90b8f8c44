import { type Queries, isAnyOf } from '@tianyuan/platform';
import { and, eq, gte } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { lotFacts } from '../database/schema.ts';
import { now } from '../records/as-of.ts';
import { findBatches } from './find-batches.ts';
import { readLineage } from './read-lineage.ts';

/**
 * Whether an event is part of the story of a published batch, as readEvents tells it: of a lot of its own, or of one that
 * went into it at that event or later. Asked when it is read, since batches are made and published after their harvest.
 */
export async function isOfPublishedStory(queries: Queries, atIndex: number): Promise<boolean> {
  const rows = await queries
    .selectDistinct({ lot: lotFacts.lot })
    .from(lotFacts)
    .where(eq(lotFacts.atIndex, atIndex));
  const own = rows.map(({ lot }) => lot);
  if (own.length === 0) return false;
  const made = alias(lotFacts, 'made');
  const next = await queries
    .selectDistinct({ lot: made.lot })
    .from(lotFacts)
    .innerJoin(made, and(eq(made.atIndex, lotFacts.atIndex), eq(made.role, 'output')))
    .where(and(isAnyOf(lotFacts.lot, own), eq(lotFacts.role, 'use'), gte(lotFacts.atIndex, atIndex)));
  const later = await readLineage(
    queries,
    next.map(({ lot }) => lot),
    'descendants',
    now,
  );
  const batches = await findBatches(queries, [...new Set([...own, ...later])]);
  return [...batches.values()].some(({ published }) => published);
}
