import type { Queries } from '@tianyuan/platform';
import { containmentFacts, eventFacts, lotFacts, pieceMasses } from '../database/schema.ts';
import type { Recorded } from '../records/recorded.ts';
import type { Amount } from './amount.ts';
import type { EventFacts, Packing } from './event-facts.ts';
import { readChildren, readContents } from './read-contents.ts';
import { readEvent } from './read-event.ts';

/** Rows a statement, with eight values each: a statement binds at most 32,767. */
const rowsAStatement = 1_000;

/** Keeps what an event says, as facts at its index. */
export async function applyEvent(tx: Queries, record: Recorded): Promise<void> {
  const facts = readEvent(record.body);
  if ('rule' in facts) return; // of a log that was written under looser rules
  const { index: atIndex, at } = record;
  const place = { atIndex, at, eventTime: facts.timeMs };
  await tx.insert(eventFacts).values({
    ...place,
    type: facts.type,
    action: facts.action,
    step: facts.step,
    disposition: facts.disposition,
    readPoint: facts.readPoint,
    bizLocation: facts.bizLocation,
    fromParty: facts.from,
    toParty: facts.to,
    signer: record.by,
    body: record.body as Record<string, unknown>,
  });
  const rows = await lotRows(tx, facts, atIndex);
  for (let from = 0; from < rows.length; from += rowsAStatement) {
    const some = rows.slice(from, from + rowsAStatement);
    await tx
      .insert(lotFacts)
      .values(some.map(({ amount, ...row }) => ({ ...place, ...row, ...columns(amount) })));
  }
  for (const { lot, grams } of facts.pieceMasses) {
    await tx.insert(pieceMasses).values({ lot, grams, atIndex, at }).onConflictDoNothing();
  }
  if (facts.packing !== undefined) await applyPacking(tx, facts.packing, place);
}

/** The lots that the event names, and those inside the things that it names. */
async function lotRows(tx: Queries, facts: EventFacts, asOf: number) {
  const named = facts.lots.map(({ lot, role, amount }) => ({ lot, role: role as string, amount }));
  // Putting a box into a truck is something that happens to what is in the box, and not to what is in the truck.
  const parent = facts.packing?.parent;
  const isEmptied = facts.packing?.children.length === 0;
  const moved = isEmptied ? facts.things : facts.things.filter((thing) => thing !== parent);
  const inside = await readContents(tx, moved, asOf);
  const known = new Set(named.map(({ lot }) => lot));
  const contents = [...inside].filter(([lot]) => !known.has(lot));
  return [...named, ...contents.map(([lot, amount]) => ({ lot, role: 'content', amount }))];
}

async function applyPacking(
  tx: Queries,
  { action, parent, children }: Packing,
  place: { atIndex: number; at: number; eventTime: number },
): Promise<void> {
  const moved = children.length > 0 ? children : await readChildren(tx, [parent], place.atIndex);
  const rows = moved.map(({ child, amount }) => ({ ...place, child, parent, action, ...columns(amount) }));
  for (let from = 0; from < rows.length; from += rowsAStatement) {
    await tx.insert(containmentFacts).values(rows.slice(from, from + rowsAStatement));
  }
}

const columns = (amount: Amount | undefined) => ({
  quantity: amount?.quantity ?? null,
  uom: amount?.uom ?? null,
});
