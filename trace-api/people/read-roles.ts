import type { Queries } from '@tianyuan/platform';
import { and, asc, eq, gt, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm';
import { belongings, roleEnds, roleGrants } from '../database/people-schema.ts';
import type { Role } from './action.ts';
import { type Scope, type ScopeKind, scopeName } from './scope.ts';

/** A role as it was given and, maybe, ended: `until` is what counts of both. */
export type HeldRole = {
  /** of the record that gave it */
  index: number;
  person: string;
  role: Role;
  scope: Scope;
  from: number;
  until: number | undefined;
};

/** A person's roles and a thing's belongings that are looked at; more than anybody has. */
const mostRows = 1_000;

/** All roles that a person was ever given, oldest first, as the log knew them before `asOf`. */
export async function readRoles(queries: Queries, person: string, asOf: number): Promise<HeldRole[]> {
  const end = sql`least(${roleGrants.until}, min(${roleEnds.until}))`;
  const rows = await queries
    .select({
      index: roleGrants.atIndex,
      person: roleGrants.person,
      role: roleGrants.role,
      kind: roleGrants.scopeKind,
      id: roleGrants.scopeId,
      from: roleGrants.from,
      until: sql<string | number | null>`${end}`,
    })
    .from(roleGrants)
    .leftJoin(roleEnds, and(eq(roleEnds.role, roleGrants.atIndex), lt(roleEnds.atIndex, asOf)))
    .where(and(eq(roleGrants.person, person), lt(roleGrants.atIndex, asOf)))
    .groupBy(roleGrants.atIndex)
    .orderBy(asc(roleGrants.atIndex))
    .limit(mostRows);
  return rows.map(({ kind, id, role, until, ...rest }) => ({
    ...rest,
    role: role as Role,
    scope: { kind: kind as ScopeKind, id },
    until: until === null ? undefined : Number(until),
  }));
}

/** The thing itself, and everything that it belonged to at that time: its plots, its truck, its organisations. */
export async function containersOf(
  queries: Queries,
  scope: Scope,
  atTime: number,
  asOf: number,
): Promise<Scope[]> {
  const found = new Map([[scopeName(scope), scope]]);
  let newest = [scope];
  while (newest.length > 0) {
    const to = await readBelongings(queries, newest, atTime, asOf);
    newest = to.filter((one) => !found.has(scopeName(one)));
    for (const one of newest) found.set(scopeName(one), one);
  }
  return [...found.values()];
}

async function readBelongings(
  queries: Queries,
  things: readonly Scope[],
  atTime: number,
  asOf: number,
): Promise<Scope[]> {
  const latest = queries
    .selectDistinctOn([belongings.thingKind, belongings.thingId, belongings.toKind, belongings.toId], {
      kind: belongings.toKind,
      id: belongings.toId,
      from: belongings.from,
      until: belongings.until,
    })
    .from(belongings)
    .where(
      and(
        lt(belongings.atIndex, asOf),
        inArray(
          sql`(${belongings.thingKind}, ${belongings.thingId})`,
          things.map(({ kind, id }) => sql`(${kind}, ${id})`),
        ),
      ),
    )
    .orderBy(
      belongings.thingKind,
      belongings.thingId,
      belongings.toKind,
      belongings.toId,
      sql`${belongings.atIndex} desc`,
    )
    .as('latest');
  const rows = await queries
    .select({ kind: latest.kind, id: latest.id })
    .from(latest)
    .where(and(lte(latest.from, atTime), or(isNull(latest.until), gt(latest.until, atTime))))
    .limit(mostRows);
  return rows.map(({ kind, id }) => ({ kind: kind as ScopeKind, id }));
}
