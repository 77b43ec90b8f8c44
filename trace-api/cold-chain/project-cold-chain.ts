import type { Queries } from '@tianyuan/platform';
import { and, eq, lt } from 'drizzle-orm';
import { batches, excursionFacts, profileChoices, profiles } from '../database/schema.ts';
import { errors } from '../errors.ts';
import type { Projection } from '../records/projection.ts';
import type { DomainEvent, Recorded, Refusal } from '../records/recorded.ts';
import { isSaid } from './decide-excursions.ts';
import { type ExcursionStatement, excursionStatementSchema } from './excursion-statement.ts';
import { type Profile, type ProfileChoice, profileChoiceSchema, profileSchema } from './profile.ts';
import { readKnown } from './read-excursions.ts';

/** How products are to be kept, which batch is to be kept how, and when it was not. */
export const coldChainProjection: Projection = {
  name: 'cold-chain',
  statements: {
    profile: profileSchema,
    'profile-choice': profileChoiceSchema,
    excursion: excursionStatementSchema,
  },
  takes: ['profile', 'profile-choice', 'excursion', 'batch'],
  open: ['profile-choice', 'excursion'],
  tables: [profiles, profileChoices, excursionFacts],
  refuse,
  apply,
  batches: batchesOf,
};

async function refuse(tx: Queries, { name, index, body }: Recorded): Promise<Refusal | undefined> {
  if (name === 'excursion') return refuseRepeated(tx, index, body as ExcursionStatement);
  if (name !== 'profile-choice') return undefined;
  const { profile } = body as ProfileChoice;
  if (profile === null || (await isKnown(tx, profile, index))) return undefined;
  return {
    kind: errors.unknownProfile,
    detail: `profile: no profile ${profile} is recorded; record it first`,
  };
}

/** Two processes may find the same at the same moment; the second one is too late, and there is one event. */
async function refuseRepeated(
  tx: Queries,
  index: number,
  statement: ExcursionStatement,
): Promise<Refusal | undefined> {
  const known = await readKnown(tx, statement.batch, index);
  const last = known.find(({ body }) => body.excursion === statement.excursion);
  if (!isSaid(statement, last?.body)) return undefined;
  const detail = `record ${last!.atIndex} says that excursion ${statement.excursion} is ${statement.state}`;
  return { kind: errors.excursionSaid, detail };
}

async function apply(
  tx: Queries,
  { index: atIndex, at, by, name, body }: Recorded,
  emit: (event: DomainEvent) => void,
): Promise<void> {
  if (name === 'profile') {
    const profile = body as Profile;
    await tx.insert(profiles).values({ atIndex, at, by, profile: profile.profile, body: profile });
  } else if (name === 'profile-choice') {
    const { gtin = null, batch: batchId = null, profile } = body as ProfileChoice;
    await tx.insert(profileChoices).values({ atIndex, at, by, gtin, batchId, profile });
  } else if (name === 'batch') {
    // A batch that says nothing of a profile takes none away.
    const { batchId, profileId: profile } = body as { batchId: string; profileId?: string };
    if (profile !== undefined) await tx.insert(profileChoices).values({ atIndex, at, by, batchId, profile });
  } else {
    const excursion = body as ExcursionStatement;
    const { batch: batchId, excursion: id } = excursion;
    await tx.insert(excursionFacts).values({ atIndex, at, batchId, excursion: id, body: excursion });
    if (excursion.state !== 'withdrawn') emit(eventOf(excursion));
  }
}

/** `Batch.Excursion` version 1, as the registry has it: without an end it has just begun. */
function eventOf({
  batch,
  rule,
  profile,
  device,
  from,
  until,
  extreme,
  leaves,
}: ExcursionStatement): DomainEvent {
  const [leaf] = leaves;
  return {
    type: 'Batch.Excursion',
    version: 1,
    payload: {
      batch_id: batch,
      rule: rule.id,
      profile,
      device,
      type: rule.type,
      from: new Date(from).toISOString(),
      ...(until !== null && { until: new Date(until).toISOString() }),
      peak: extreme,
      limit: rule.limit,
      ...(leaf !== undefined && { log_id: leaf.logId, first_leaf: leaf.first, last_leaf: leaf.last }),
    },
  };
}

async function batchesOf(tx: Queries, { name, body }: Recorded): Promise<string[]> {
  if (name === 'excursion') return [(body as ExcursionStatement).batch];
  if (name === 'profile' || name === 'batch') return [];
  const { gtin, batch } = body as ProfileChoice;
  if (batch !== undefined) return [batch];
  const rows = await tx.select({ batchId: batches.batchId }).from(batches).where(eq(batches.gtin, gtin!));
  return rows.map(({ batchId }) => batchId);
}

async function isKnown(tx: Queries, profile: string, index: number): Promise<boolean> {
  const [row] = await tx
    .select({ atIndex: profiles.atIndex })
    .from(profiles)
    .where(and(eq(profiles.profile, profile), lt(profiles.atIndex, index)))
    .limit(1);
  return row !== undefined;
}
