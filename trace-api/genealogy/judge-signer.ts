import type { Queries } from '@tianyuan/platform';
import { errors } from '../errors.ts';
import { authorize, signerOf } from '../people/authorize.ts';
import type { Principal } from '../people/principal.ts';
import type { Scope } from '../people/scope.ts';
import type { Recorded, Refusal } from '../records/recorded.ts';
import type { EventFacts } from './event-facts.ts';
import { readContents } from './read-contents.ts';
import { type LotStanding, readStandings } from './read-standings.ts';
import { scopeOf } from './thing.ts';

/**
 * An event counts only if its signer may speak of what it names: of a lot by a role over its batch, its plot, the place
 * where it was made or whoever has it now; of things without a lot by a role over one of them, or over all that is inside.
 */
export async function judgeSigner(
  tx: Queries,
  record: Recorded,
  facts: EventFacts,
): Promise<Refusal | undefined> {
  const signer = signerOf(record);
  if (signer.isOwner) return undefined;
  const may = asking(tx, signer, record.at);
  const places = scopesOf([facts.bizLocation, facts.readPoint]);
  const named = [...new Set(facts.lots.map(({ lot }) => lot))];
  const lots = named.length > 0 ? named : [...(await readContents(tx, facts.things, record.index)).keys()];
  const standings = await readStandings(tx, lots, record.index);
  const without = await findLotWithout(lots, facts, standings, may, { signer, places });
  if (named.length === 0) {
    if (lots.length > 0 && without === undefined) return undefined;
    if (await may([...scopesOf(facts.things), ...places])) return undefined;
    return refuse(signer, facts.things[0] ?? 'anything that the event names');
  }
  return without === undefined ? undefined : refuse(signer, without);
}

type May = (scopes: readonly Scope[]) => Promise<boolean>;

async function findLotWithout(
  lots: readonly string[],
  facts: EventFacts,
  standings: ReadonlyMap<string, LotStanding>,
  may: May,
  { signer, places }: { signer: Principal; places: readonly Scope[] },
): Promise<string | undefined> {
  const made = new Set(facts.lots.filter(({ role }) => role === 'output').map(({ lot }) => lot));
  for (const lot of lots) {
    const standing = standings.get(lot);
    // What is new belongs to whoever may speak of what it was made of, or of where it was made.
    if (standing === undefined || standing.isNew) {
      const batchOrPlace = [...(standing?.scopes ?? []), ...places];
      if (made.has(lot) || (await may(batchOrPlace))) continue;
      return lot;
    }
    const isOwn = standing.holder === undefined && standing.makers.includes(signer.id);
    if (!isOwn && !(await may(standing.scopes))) return lot;
  }
  return undefined;
}

/** Whether the signer may, by any of these scopes; each is asked about once an event. */
function asking(tx: Queries, signer: Principal, at: number): May {
  return async (scopes) => {
    for (const scope of scopes) {
      if (await authorize(tx, signer, 'capture-event', scope, at)) return true;
    }
    return false;
  };
}

const scopesOf = (uris: readonly (string | undefined)[]): Scope[] =>
  uris.flatMap((uri) => {
    const scope = uri === undefined ? undefined : scopeOf(uri);
    return scope === undefined ? [] : [scope];
  });

function refuse({ id }: Principal, what: string): Refusal {
  return { kind: errors.notAllowed, detail: `${id} holds no role with which to record events of ${what}` };
}
