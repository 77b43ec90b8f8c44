import { createHash } from 'node:crypto';
import { digitalLinkPath } from '@tianyuan/protocol';
import { type Lot, lotsSchema } from './answers.ts';
import { type LotResult, inspectLot } from './inspect-lot.ts';
import type { Inspection } from './inspection.ts';
import { draw } from './rank.ts';
import { type TraceSource, Unreachable, getJson } from './trace-source.ts';

/** Requirement 13 draws from what was sold or shipped. */
export const lotStates = ['sold-or-shipped', 'sold', 'shipped', 'published'] as const;
export type LotState = (typeof lotStates)[number];

/** From what was drawn: anybody who has the list draws the same. */
export type Drawn = { state: LotState; listed: number; listHash: string; lots: Lot[] };

const mostLots = 1_000_000;

/** The lots in this state, and those of them that the seed draws. @throws Unreachable */
export async function drawLots(
  source: TraceSource,
  state: LotState,
  seed: string,
  sample: number,
): Promise<Drawn> {
  const lots: Lot[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/api/v1/lots?state=${state}${after}`;
    const page = await getJson(source, path, lotsSchema);
    lots.push(...page.lots);
    if (lots.length > mostLots || (page.next !== null && page.lots.length === 0))
      throw new Unreachable(`${path}: the list of lots does not end`);
    cursor = page.next;
  }
  const names = lots.map(digitalLinkPath).toSorted();
  const listHash = createHash('sha256')
    .update(names.map((name) => `${name}\n`).join(''))
    .digest('hex');
  return { state, listed: lots.length, listHash, lots: draw(seed, lots, sample, digitalLinkPath) };
}

/** Inspects these lots one after the other, and stops behind the present one where the inspection is called off. */
export async function inspectLots(
  inspection: Inspection,
  lots: readonly Lot[],
  onResult: (result: LotResult, done: number) => void,
): Promise<LotResult[]> {
  const results: LotResult[] = [];
  for (const lot of lots) {
    if (inspection.signal.aborted) break;
    try {
      const result = await inspectLot(inspection, lot);
      results.push(result);
      onResult(result, results.length);
    } catch (error) {
      if (!inspection.signal.aborted) throw error;
    }
  }
  return results;
}
