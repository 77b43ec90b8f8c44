import { type Queries, isAnyOf } from '@tianyuan/platform';
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { containmentFacts } from '../database/schema.ts';
import type { Amount, Uom } from './amount.ts';

/** Oranges in a box on a pallet in a container on a truck: what is inside deeper than this is not looked for. */
const maxDepth = 16;

/** What is directly inside a thing: other things, and quantities of lots. */
export type Content = { parent: string; child: string; amount: Amount | undefined };

/** What is directly inside these things, by what the log said before `asOf`. */
export async function readChildren(
  queries: Queries,
  parents: readonly string[],
  asOf: number,
): Promise<Content[]> {
  if (parents.length === 0) return [];
  const { parent, child, action, quantity, uom, atIndex } = containmentFacts;
  const net = sql<
    string | number | null
  >`sum(case ${action} when 'ADD' then ${quantity} else -${quantity} end)`;
  const rows = await queries
    .select({
      parent,
      child,
      net,
      uom: sql<Uom | null>`max(${uom})`,
      last: sql<string>`(array_agg(${action} order by ${atIndex} desc))[1]`,
    })
    .from(containmentFacts)
    .where(and(isAnyOf(parent, parents), lt(atIndex, asOf)))
    .groupBy(parent, child)
    .orderBy(child);
  return rows
    .filter((row) => (row.uom === null ? row.last === 'ADD' : Number(row.net) > 0))
    .map((row) => ({
      parent: row.parent,
      child: row.child,
      amount: row.uom === null ? undefined : { quantity: Number(row.net), uom: row.uom },
    }));
}

/** The lots inside these things, however deep, each once with what there is of it. */
export async function readContents(
  queries: Queries,
  things: readonly string[],
  asOf: number,
): Promise<Map<string, Amount>> {
  const lots = new Map<string, Amount>();
  const seen = new Set(things);
  let level: readonly string[] = [...seen];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    const children = await readChildren(queries, level, asOf);
    for (const { child, amount } of children) {
      if (amount === undefined) continue;
      const sofar = lots.get(child)?.quantity ?? 0;
      lots.set(child, { ...amount, quantity: sofar + amount.quantity });
    }
    level = [...new Set(children.filter((one) => one.amount === undefined).map(({ child }) => child))].filter(
      (child) => !seen.has(child),
    );
    for (const child of level) seen.add(child);
  }
  return lots;
}

/** What a thing is in now: the last parent that it went into and did not come out of. */
async function readParent(queries: Queries, child: string, asOf: number): Promise<string | undefined> {
  const [last] = await queries
    .select({ parent: containmentFacts.parent, action: containmentFacts.action })
    .from(containmentFacts)
    .where(and(eq(containmentFacts.child, child), lt(containmentFacts.atIndex, asOf)))
    .orderBy(desc(containmentFacts.atIndex))
    .limit(1);
  return last?.action === 'ADD' ? last.parent : undefined;
}

/** The thing that a thing is in, the one that this is in, and so on. */
export async function readParents(queries: Queries, thing: string, asOf: number): Promise<string[]> {
  const found: string[] = [];
  for (let at: string | undefined = thing; at !== undefined && found.length < maxDepth;) {
    at = await readParent(queries, at, asOf);
    if (at !== undefined) found.push(at);
  }
  return found;
}
