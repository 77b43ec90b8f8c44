import type { Amount, Uom } from './amount.ts';

/** What the log says of one lot, in its own unit. */
export type LotState = {
  /** the unit in which all of it is counted; undefined before anybody named a quantity */
  uom: Uom | undefined;
  /** what one piece weighs, where it was said */
  pieceGrams: number | undefined;
  /** commissioned, or made of other lots */
  produced: number;
  used: number;
  lost: number;
  /** less what came back */
  sold: number;
  /** packed into boxes and the like, less what was taken out again */
  packed: number;
  /** `totalQty` of the batch, where it says one */
  declared: Amount | undefined;
  /** whether there is a batch of this GTIN and lot, or an event about it */
  known: boolean;
};

export const unknownLot: LotState = {
  uom: undefined,
  pieceGrams: undefined,
  produced: 0,
  used: 0,
  lost: 0,
  sold: 0,
  packed: 0,
  declared: undefined,
  known: false,
};

/** What there ever was of it: what events produced, and before the first of them what its owner declared. */
export function supplyOf({ produced, declared }: LotState): number {
  return produced > 0 ? produced : (declared?.quantity ?? 0);
}

/** What is left: commissioned or produced − used − lost − sold. */
export function stockOf(state: LotState): number {
  return supplyOf(state) - state.used - state.lost - state.sold;
}
