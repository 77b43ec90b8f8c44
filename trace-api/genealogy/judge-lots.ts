import { errors } from '../errors.ts';
import type { Refusal } from '../records/recorded.ts';
import { type Amount, sayAmount } from './amount.ts';
import type { EventFacts, LotFact } from './event-facts.ts';
import { judgeBalance } from './judge-balance.ts';
import { type LotState, stockOf, supplyOf, unknownLot } from './lot-state.ts';

export type LotStates = ReadonlyMap<string, LotState>;

/** Whether the lots can do what an event says of them, given what the log said before. */
export function judgeLots(facts: EventFacts, states: LotStates): Refusal | undefined {
  const stateOf = (lot: string) => states.get(lot) ?? unknownLot;
  const masses = new Map(facts.pieceMasses.map(({ lot, grams }) => [lot, grams]));
  for (const [lot, grams] of masses) {
    const known = stateOf(lot).pieceGrams;
    if (known !== undefined && known !== grams) {
      return {
        kind: errors.unitMismatch,
        detail: `tianyuan:pieceMass: a piece of ${lot} has ${known} g, not ${grams} g`,
      };
    }
  }
  for (const fact of facts.lots) {
    const refusal = judgeLot(fact, stateOf(fact.lot), facts.action);
    if (refusal !== undefined) return refusal;
  }
  return judgeBalance(facts, (lot) => masses.get(lot) ?? stateOf(lot).pieceGrams);
}

function judgeLot(fact: LotFact, state: LotState, action: EventFacts['action']): Refusal | undefined {
  const { lot, role, amount } = fact;
  const creates = role === 'commission' || role === 'output';
  if (!creates && !state.known) {
    return { kind: errors.unknownLot, detail: `${lot} is of nobody: commission it, or say its batch, first` };
  }
  if (amount === undefined) return undefined;
  const unit = state.uom ?? state.declared?.uom;
  if (unit !== undefined && unit !== amount.uom) {
    return { kind: errors.unitMismatch, detail: `${lot} is counted in ${unit}, not in ${amount.uom}` };
  }
  switch (role) {
    case 'commission':
    case 'output':
      return judgeProduced(lot, amount, state);
    case 'use':
    case 'loss':
      return judgeTaken(lot, amount, stockOf(state), errors.overUse);
    case 'sold':
      return judgeTaken(lot, amount, stockOf(state), errors.oversold);
    case 'observe':
      return judgeTaken(lot, amount, supplyOf(state), errors.overUse);
    case 'child': {
      if (action !== 'ADD') return undefined;
      // What is sold leaves its box unsaid; what is used or lost was unpacked for it.
      const unpacked = supplyOf(state) - state.used - state.lost - state.packed;
      return judgeTaken(lot, amount, unpacked, errors.overUse);
    }
  }
}

function judgeProduced(lot: string, amount: Amount, state: LotState): Refusal | undefined {
  const { declared, produced, used, lost, sold } = state;
  const after = produced + amount.quantity;
  if (declared !== undefined && after > declared.quantity) {
    const detail = `${lot} would have ${sayAmount({ ...amount, quantity: after })}, and its batch's totalQty is ${sayAmount(declared)}`;
    return { kind: errors.overOutput, detail };
  }
  if (after < used + lost + sold) {
    const taken = sayAmount({ ...amount, quantity: used + lost + sold });
    return { kind: errors.overUse, detail: `${taken} of ${lot} are taken already, more than this produces` };
  }
  return undefined;
}

function judgeTaken(
  lot: string,
  amount: Amount,
  available: number,
  kind: Refusal['kind'],
): Refusal | undefined {
  if (amount.quantity <= available) return undefined;
  const left = sayAmount({ ...amount, quantity: Math.max(available, 0) });
  return { kind, detail: `${lot}: ${sayAmount(amount)} are named, and there are ${left}` };
}
