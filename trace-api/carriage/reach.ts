import { type Interval, intersect, subtract } from './interval.ts';

/** While one thing leads to another: a child to its parent, or the other way round. */
export type Edge = Interval & { start: string; end: string };

/** While something was at a thing, and by which things it came there, itself last. */
export type Presence = Interval & { thing: string; path: readonly string[] };

/**
 * Everything that can be reached at the same moment, through any depth. A thing's times are taken once, by the shortest
 * way there, so that neither a cycle nor a thousand boxes in one truck make more of them than there are changes.
 */
export function reach(starts: readonly Presence[], edges: readonly Edge[]): Presence[] {
  const leaving = Map.groupBy(edges, ({ start }) => start);
  const known = new Map<string, Presence[]>();
  const found: Presence[] = [];
  const add = (presence: Presence): void => {
    for (const fresh of subtract(presence, known.get(presence.thing) ?? [])) {
      const piece = { ...presence, ...fresh };
      known.set(piece.thing, [...(known.get(piece.thing) ?? []), piece]);
      found.push(piece);
    }
  };
  for (const start of starts) add(start);
  // Breadth first: `found` grows while it is walked.
  for (const presence of found) {
    for (const edge of leaving.get(presence.thing) ?? []) {
      const both = intersect(presence, edge);
      if (both !== undefined) add({ ...both, thing: edge.end, path: [...presence.path, edge.end] });
    }
  }
  return found;
}
