import type { Refusal } from '../records/recorded.ts';
import { errors } from '../errors.ts';
import { type Amount, type Uom, sayAmount } from './amount.ts';
import type { EventFacts } from './event-facts.ts';

/** What one piece of a lot weighs, in grams; undefined where nobody said. */
export type PieceGrams = (lot: string) => number | undefined;

/**
 * Whether what comes out and what is declared lost is what went in. Counted in the unit of all of it where there is one
 * only, else in grams. Nothing is for free and nothing vanishes: both are refused.
 */
export function judgeBalance(facts: EventFacts, pieceGrams: PieceGrams): Refusal | undefined {
  if (facts.type !== 'TransformationEvent') return undefined;
  const units = new Set<Uom | undefined>([
    ...facts.lots.map(({ amount }) => amount?.uom),
    ...facts.losses.map(({ uom }) => uom),
  ]);
  const [only] = units;
  const unit = units.size === 1 && only !== undefined ? only : 'GRM';
  let input = 0;
  let output = 0;
  for (const { lot, role, amount } of facts.lots) {
    const counted = countIn(unit, amount!, lot, pieceGrams);
    if (typeof counted !== 'number') return counted;
    if (role === 'use') input += counted;
    else output += counted;
  }
  let lost = 0;
  for (const { quantity, uom } of facts.losses) {
    if (uom !== unit) {
      return {
        kind: errors.unitMismatch,
        detail: 'tianyuan:loss: this event balances in grams; say the loss in GRM',
      };
    }
    lost += quantity;
  }
  const say = (quantity: number) => sayAmount({ quantity, uom: unit });
  if (output + lost > input) {
    const detail = `outputQuantityList: ${say(output)} come out and ${say(lost)} are lost, but only ${say(input)} went in`;
    return { kind: errors.overOutput, detail };
  }
  if (output + lost < input) {
    const missing = say(input - output - lost);
    return {
      kind: errors.undeclaredLoss,
      detail: `tianyuan:loss: ${missing} of ${say(input)} are not accounted for`,
    };
  }
  return undefined;
}

function countIn(
  unit: Uom,
  { quantity, uom }: Amount,
  lot: string,
  pieceGrams: PieceGrams,
): number | Refusal {
  if (uom === unit) return quantity;
  const grams = pieceGrams(lot);
  if (grams === undefined) {
    const detail = `tianyuan:pieceMass: ${lot} is counted in pieces; say how many grams one piece has`;
    return { kind: errors.unitMismatch, detail };
  }
  return quantity * grams;
}
