import { type ExcursionStatement, type FoundExcursion, excursionId } from './excursion-statement.ts';

/**
 * What the log is to say of a batch's excursions, from what it says and what is found now: those that are new, those that
 * have ended, or ended otherwise than was said, and those that are none after all. Saying it changes what is known so that
 * nothing is left to say. Pure.
 * @param known the youngest statement about each, of this batch
 */
export function decideExcursions(
  known: readonly ExcursionStatement[],
  found: readonly FoundExcursion[],
): ExcursionStatement[] {
  const before = new Map(known.map((one) => [one.excursion, one]));
  const now = new Map(found.map((one) => [excursionId(one), one]));
  const changed = [...now].flatMap(([excursion, one]): ExcursionStatement[] => {
    const state = one.until === null ? 'opened' : 'closed';
    const statement: ExcursionStatement = { ...one, excursion, state };
    return isSaid(statement, before.get(excursion)) ? [] : [statement];
  });
  const gone = known
    .filter(({ excursion, state }) => state !== 'withdrawn' && !now.has(excursion))
    .map((one): ExcursionStatement => ({ ...one, state: 'withdrawn' }));
  return [...changed, ...gone];
}

/** Whether the youngest statement about an excursion says that already. While it lasts, it may grow without being said. */
export function isSaid(
  { state, until, ended }: ExcursionStatement,
  last: ExcursionStatement | undefined,
): boolean {
  return last?.state === state && last.until === until && last.ended === ended;
}
