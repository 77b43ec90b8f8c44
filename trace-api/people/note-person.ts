import type { Database, Queries } from '@tianyuan/platform';
import { type SaltedField, commitmentOf } from '@tianyuan/protocol';
import { errors } from '../errors.ts';
import type { Records } from '../records/open-records.ts';
import { type Refusal, type Written, isRefusal } from '../records/recorded.ts';
import { authorize } from './authorize.ts';
import { type FieldValue, countFields, keepFields, maxKeptFields, saltFields } from './personal-data.ts';
import type { Principal } from './principal.ts';
import { findPerson } from './read-people.ts';

export type PersonToNote = {
  person: string;
  organisation: string;
  fields: Record<string, FieldValue>;
  by: string;
};

/** Undoes the transaction: what the log refuses is not kept beside it either. */
class NotNoted extends Error {
  override readonly name = 'NotNoted';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

/** Keeps a person's fields and logs their commitments, both or neither. */
export async function notePerson(
  database: Database,
  records: Records,
  { person, organisation, fields, by }: PersonToNote,
): Promise<(Written & { commitments: string[] }) | Refusal> {
  try {
    return await database.transaction(async (tx) => {
      const salted = await saltFields(tx, await findPerson(tx, person), fields);
      const commitments = salted.map(commitmentOf).toSorted();
      const written = await records.within(tx, 'person', { person, organisation, commitments }, by);
      if (isRefusal(written)) throw new NotNoted(written);
      const refusal = await keep(tx, person, salted);
      if (refusal !== undefined) throw new NotNoted(refusal);
      return { ...written, commitments };
    });
  } catch (error) {
    if (error instanceof NotNoted) return error.refusal;
    throw error;
  }
}

/** Keeps what a person's own messages commit to, so that a bundle can open it to those who may see it. */
export async function keepSignedFields(
  database: Database,
  person: string,
  fields: readonly SaltedField[],
): Promise<{ commitments: string[] } | Refusal> {
  if ((await findPerson(database.queries, person)) === undefined) {
    return { kind: errors.unknownPerson, detail: `nobody is noted as ${person}` };
  }
  const refusal = await database.transaction((tx) => keep(tx, person, fields));
  return refusal ?? { commitments: fields.map(commitmentOf).toSorted() };
}

async function keep(
  tx: Queries,
  person: string,
  fields: readonly SaltedField[],
): Promise<Refusal | undefined> {
  if ((await countFields(tx, person)) + fields.length > maxKeptFields) {
    const detail = `of ${person} at most ${maxKeptFields} fields are kept; erase the old ones first`;
    return { kind: errors.tooManyFields, detail };
  }
  await keepFields(tx, person, fields);
  return undefined;
}

/** The person, the owner, and the admins of the organisation. */
export async function mayErase(
  queries: Queries,
  principal: Principal,
  person: string,
  now: number,
): Promise<boolean> {
  if (principal.isOwner || principal.id === person) return true;
  const known = await findPerson(queries, person);
  if (known === undefined) return false;
  const scope = { kind: 'organisation' as const, id: known.organisation };
  return authorize(queries, principal, 'register-person', scope, now);
}
