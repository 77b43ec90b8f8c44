import { type Queries, isAnyOf } from '@tianyuan/platform';
import { and, asc, eq, lt } from 'drizzle-orm';
import { eventFacts, lotFacts } from '../database/schema.ts';
import type { Scope } from '../people/scope.ts';
import { findBatches } from './find-batches.ts';
import { scopeOf } from './thing.ts';

/** Whose a lot is, as far as the log says. */
export type LotStanding = {
  /** no event has named it yet */
  isNew: boolean;
  /** its batch, the batch's plot, where it was made, and who has it now; a role over any of them reaches it */
  scopes: Scope[];
  /** the URI of whoever it was handed to last */
  holder: string | undefined;
  /** ids of those who signed that it came to be */
  makers: string[];
};

/** The standing of these lots before `asOf`; a lot that has neither a batch nor an event is not in the answer. */
export async function readStandings(
  queries: Queries,
  lots: readonly string[],
  asOf: number,
): Promise<Map<string, LotStanding>> {
  const standings = new Map<string, LotStanding>();
  const standingOf = (lot: string): LotStanding => {
    const known = standings.get(lot) ?? { isNew: true, scopes: [], holder: undefined, makers: [] };
    standings.set(lot, known);
    return known;
  };
  if (lots.length === 0) return standings;
  for (const [lot, { batchId, farmPlotId }] of await findBatches(queries, lots)) {
    const { scopes } = standingOf(lot);
    scopes.push({ kind: 'batch', id: batchId });
    if (farmPlotId !== null) scopes.push({ kind: 'plot', id: farmPlotId });
  }
  const rows = await queries
    .select({
      lot: lotFacts.lot,
      role: lotFacts.role,
      to: eventFacts.toParty,
      place: eventFacts.bizLocation,
      readPoint: eventFacts.readPoint,
      signer: eventFacts.signer,
    })
    .from(lotFacts)
    .innerJoin(eventFacts, eq(eventFacts.atIndex, lotFacts.atIndex))
    .where(and(isAnyOf(lotFacts.lot, lots), lt(lotFacts.atIndex, asOf)))
    .orderBy(asc(lotFacts.atIndex));
  for (const { lot, role, to, place, readPoint, signer } of rows) {
    const standing = standingOf(lot);
    standing.isNew = false;
    standing.holder = to ?? standing.holder;
    if (role !== 'commission' && role !== 'output') continue;
    standing.makers.push(signer);
    for (const uri of [place, readPoint]) push(standing.scopes, uri);
  }
  for (const { scopes, holder } of standings.values()) push(scopes, holder ?? null);
  return standings;
}

function push(scopes: Scope[], uri: string | null): void {
  const scope = uri === null ? undefined : scopeOf(uri);
  if (scope !== undefined) scopes.push(scope);
}
