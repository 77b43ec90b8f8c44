import type { Queries } from '@tianyuan/platform';
import { errors } from '../errors.ts';
import type { Recorded, Refusal } from '../records/recorded.ts';
import type { Action } from './action.ts';
import { authorize, principalOf } from './authorize.ts';
import { findGrant, findOrganisation, findPerson } from './read-people.ts';
import { containersOf } from './read-roles.ts';
import { type Scope, scopeName } from './scope.ts';
import type { Belonging, Organisation, Person, RoleEnd, RoleGrant } from './statements.ts';

/** A record of ours, by its name. */
export type SayingOf =
  | { name: 'organisation'; body: Organisation }
  | { name: 'person'; body: Person }
  | { name: 'role'; body: RoleGrant }
  | { name: 'role-end'; body: RoleEnd }
  | { name: 'belonging'; body: Belonging };

/** Who may say that, and whether what it speaks of exists: asked under the log's lock, so that it holds where it is logged. */
export function refusePeopleRecord(tx: Queries, record: Recorded): Promise<Refusal | undefined> {
  const said = record as Recorded & SayingOf;
  switch (said.name) {
    case 'organisation':
      return Promise.resolve(refuseStranger(record));
    case 'person':
      return refusePerson(tx, record, said.body);
    case 'role':
      return refuseGrant(tx, record, said.body);
    case 'role-end':
      return refuseEnd(tx, record, said.body);
    case 'belonging':
      return refuseBelonging(tx, record, said.body);
    default:
      return Promise.resolve(said satisfies never);
  }
}

/** Which organisations there are is the owner's word, and none of their own. */
function refuseStranger(record: Recorded): Refusal | undefined {
  if (principalOf(record.by).isOwner) return undefined;
  return { kind: errors.roleMissing, detail: `${record.by} is not the owner of this platform` };
}

async function refusePerson(tx: Queries, record: Recorded, body: Person): Promise<Refusal | undefined> {
  const known = await findPerson(tx, body.person);
  // Whoever takes a person over from another organisation needs that one's word too.
  const concerned = new Set([body.organisation, ...(known === undefined ? [] : [known.organisation])]);
  for (const uscc of concerned) {
    const refusal =
      (await refuseOrganisation(tx, 'organisation', uscc)) ??
      (await refuseAction(tx, record, 'register-person', { kind: 'organisation', id: uscc }));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

async function refuseGrant(
  tx: Queries,
  record: Recorded,
  { person, role, scope }: RoleGrant,
): Promise<Refusal | undefined> {
  if ((await findPerson(tx, person)) === undefined) {
    return { kind: errors.unknownPerson, detail: `person: nobody is noted as ${person}` };
  }
  const unknown = await refuseScope(tx, 'scope.id', scope);
  if (unknown !== undefined) return unknown;
  // An inspector looks at an organisation from outside: the organisation itself does not choose who does.
  if (role === 'inspector') return refuseStranger(record);
  return refuseAction(tx, record, 'grant-role', scope);
}

async function refuseEnd(tx: Queries, record: Recorded, { role }: RoleEnd): Promise<Refusal | undefined> {
  const grant = await findGrant(tx, role);
  if (grant === undefined) {
    return { kind: errors.unknownRole, detail: `role: record ${role} gave nobody a role` };
  }
  if (grant.person === record.by) return undefined; // one's own role can always be laid down
  if (grant.role === 'inspector') return refuseStranger(record);
  const scope = { kind: grant.scopeKind, id: grant.scopeId } as Scope;
  return refuseAction(tx, record, 'grant-role', scope);
}

async function refuseBelonging(
  tx: Queries,
  record: Recorded,
  { thing, to }: Belonging,
): Promise<Refusal | undefined> {
  return (
    (await refuseScope(tx, 'to.id', to)) ??
    (await refuseAction(tx, record, 'register-thing', to)) ??
    (await refuseTakeover(tx, record, thing))
  );
}

/** What is somebody's already is not taken by somebody else's word alone. */
async function refuseTakeover(tx: Queries, record: Recorded, thing: Scope): Promise<Refusal | undefined> {
  const owned = await isOwned(tx, thing, record.at);
  return owned ? refuseAction(tx, record, 'register-thing', thing) : undefined;
}

async function isOwned(tx: Queries, thing: Scope, at: number): Promise<boolean> {
  return (await containersOf(tx, thing, at, Number.MAX_SAFE_INTEGER)).length > 1;
}

function refuseScope(tx: Queries, field: string, scope: Scope): Promise<Refusal | undefined> {
  return scope.kind === 'organisation' ? refuseOrganisation(tx, field, scope.id) : Promise.resolve(undefined);
}

async function refuseOrganisation(tx: Queries, field: string, uscc: string): Promise<Refusal | undefined> {
  if ((await findOrganisation(tx, uscc)) !== undefined) return undefined;
  return { kind: errors.unknownOrganisation, detail: `${field}: no organisation ${uscc} is noted` };
}

async function refuseAction(
  tx: Queries,
  record: Recorded,
  action: Action,
  scope: Scope,
): Promise<Refusal | undefined> {
  if (await authorize(tx, principalOf(record.by), action, scope, record.at)) return undefined;
  return {
    kind: errors.roleMissing,
    detail: `${record.by} holds no role over ${scopeName(scope)} that allows ${action}`,
  };
}
