import type { Queries } from '@tianyuan/platform';
import type { Recorded } from '../records/recorded.ts';
import { type Action, type Role, mayWith } from './action.ts';
import type { Principal } from './principal.ts';
import { type HeldRole, containersOf, readRoles } from './read-roles.ts';
import { type Scope, scopeName } from './scope.ts';

/** Who asked for a statement: the ids of the owner and of the platform are nobody else's. For messages see {@link signerOf}. */
export function principalOf(by: string): Principal {
  return { id: by, isOwner: by === 'owner' || by === 'platform' };
}

/** Whose word a record is. Whatever key is enrolled under the owner's name: who signs with it is not the owner. */
export function signerOf({ by, signed }: Pick<Recorded, 'by' | 'signed'>): Principal {
  return signed ? { id: by, isOwner: false } : principalOf(by);
}

/**
 * Whether the principal may do this to that, by a role that it held at `atTime` (Unix ms) over the thing or over what the
 * thing belonged to then. A record's `at` is the time to ask about: what a signer says of its own time may be false.
 * @param asOf what the log said from this index on is not known yet
 */
export async function authorize(
  queries: Queries,
  principal: Principal,
  action: Action,
  scope: Scope,
  atTime: number,
  asOf: number = Number.MAX_SAFE_INTEGER,
): Promise<boolean> {
  if (principal.isOwner) return true;
  const held = await rolesOver(queries, principal.id, scope, atTime, asOf);
  return held.some((role) => mayWith(role, action));
}

/** Whether somebody held any role over the thing at that time. */
export async function hasRole(
  queries: Queries,
  personId: string,
  scope: Scope,
  atTime: number,
  asOf: number = Number.MAX_SAFE_INTEGER,
): Promise<boolean> {
  return (await rolesOver(queries, personId, scope, atTime, asOf)).length > 0;
}

/** The roles that somebody held over the thing at that time, each once. */
async function rolesOver(
  queries: Queries,
  personId: string,
  scope: Scope,
  atTime: number,
  asOf: number,
): Promise<Role[]> {
  const held = await readRoles(queries, personId, asOf);
  if (held.length === 0) return [];
  return rolesWithin(held, await containersOf(queries, scope, atTime, asOf), atTime);
}

/** Which of these roles hold at a time over a thing with these containers, itself included. */
export function rolesWithin(held: readonly HeldRole[], containers: readonly Scope[], atTime: number): Role[] {
  const names = new Set(containers.map(scopeName));
  const holding = held.filter(
    ({ scope, from, until }) =>
      names.has(scopeName(scope)) && from <= atTime && (until === undefined || atTime < until),
  );
  return [...new Set(holding.map(({ role }) => role))];
}
