import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, lt } from 'drizzle-orm';
import { organisations, people, roleGrants } from '../database/schema.ts';
import { now } from '../records/as-of.ts';
import type { Organisation, Person } from './statements.ts';

/** An organisation as the log last said before `asOf`. */
export async function findOrganisation(
  queries: Queries,
  uscc: string,
  asOf: number = now,
): Promise<Organisation | undefined> {
  const [row] = await queries
    .select({ uscc: organisations.uscc, name: organisations.name, kind: organisations.kind })
    .from(organisations)
    .where(and(eq(organisations.uscc, uscc), lt(organisations.atIndex, asOf)))
    .orderBy(desc(organisations.atIndex))
    .limit(1);
  return row && { ...row, kind: row.kind as Organisation['kind'] };
}

/** A person as the log last said before `asOf`. */
export async function findPerson(
  queries: Queries,
  person: string,
  asOf: number = now,
): Promise<Person | undefined> {
  const [row] = await queries
    .select({
      person: people.person,
      organisation: people.organisation,
      commitments: people.commitments,
    })
    .from(people)
    .where(and(eq(people.person, person), lt(people.atIndex, asOf)))
    .orderBy(desc(people.atIndex))
    .limit(1);
  return row;
}

/** Whom a role was given, and over what, by the index of the record that gave it. */
export async function findGrant(queries: Queries, index: number) {
  const [row] = await queries.select().from(roleGrants).where(eq(roleGrants.atIndex, index));
  return row;
}
