import type { Queries } from '@tianyuan/platform';
import { errors } from '../errors.ts';
import type { Refusal } from '../records/recorded.ts';
import { sayAmount } from './amount.ts';
import type { Packing } from './event-facts.ts';
import { readChildren, readParents } from './read-contents.ts';

/** Whether things can go into a parent, or are in it to come out. */
export async function judgePacking(
  queries: Queries,
  { action, parent, children }: Packing,
  asOf: number,
): Promise<Refusal | undefined> {
  if (action === 'ADD') {
    const around = new Set([parent, ...(await readParents(queries, parent, asOf))]);
    const inside = children.find(({ child }) => around.has(child));
    if (inside === undefined) return undefined;
    return { kind: errors.notContained, detail: `childEPCs: ${parent} is inside ${inside.child} itself` };
  }
  const contents = new Map((await readChildren(queries, [parent], asOf)).map((one) => [one.child, one]));
  for (const { child, amount } of children) {
    const there = contents.get(child);
    if (there === undefined) {
      return { kind: errors.notContained, detail: `${child} is not in ${parent}; say first that it went in` };
    }
    if (amount !== undefined && there.amount !== undefined && amount.quantity > there.amount.quantity) {
      const detail = `${parent} holds ${sayAmount(there.amount)} of ${child}, not ${sayAmount(amount)}`;
      return { kind: errors.notContained, detail };
    }
  }
  return undefined;
}
