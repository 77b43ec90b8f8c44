import type { Queries } from '@tianyuan/platform';
import { authorize } from './authorize.ts';
import { type OpenedField, openField, readFields } from './personal-data.ts';
import type { Principal } from './principal.ts';
import { findPerson } from './read-people.ts';

/** Whether somebody may see what is kept of a person: the person, the owner, and by role over the person's organisation. */
export async function maySeePersonalData(
  queries: Queries,
  principal: Principal | undefined,
  person: string,
  now: number,
): Promise<boolean> {
  if (principal === undefined) return false;
  if (principal.isOwner || principal.id === person) return true;
  const known = await findPerson(queries, person);
  if (known === undefined) return false;
  const scope = { kind: 'organisation' as const, id: known.organisation };
  return authorize(queries, principal, 'see-personal-data', scope, now);
}

/** What of these commitments may be opened to whoever asks: `disclosed` of a proof bundle. */
export async function discloseTo(
  queries: Queries,
  principal: Principal | undefined,
  commitments: readonly string[],
  now: number,
): Promise<OpenedField[]> {
  if (principal === undefined) return [];
  const fields = await readFields(queries, commitments);
  const people = new Map<string, boolean>();
  for (const { person } of fields) {
    if (!people.has(person)) people.set(person, await maySeePersonalData(queries, principal, person, now));
  }
  // Two fields of one name cannot both be opened (check-disclosed.ts): those of one person are enough.
  const names = new Set<string>();
  return fields
    .filter(({ person, name }) => people.get(person) === true && !names.has(name) && names.add(name))
    .map(openField);
}
