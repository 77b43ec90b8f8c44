import type { EpcisEvent } from '@tianyuan/protocol';
import type { Amount } from './amount.ts';

/** What an event does to a lot that it names; see `lot_facts`. */
export type LotRole = 'commission' | 'output' | 'use' | 'loss' | 'sold' | 'observe' | 'child';

export type LotFact = { lot: string; role: LotRole; amount: Amount | undefined };

/** Things or quantities of lots that went into a parent or out of it. No child on DELETE: everything goes out. */
export type Packing = {
  action: 'ADD' | 'DELETE';
  parent: string;
  children: { child: string; amount: Amount | undefined }[];
};

export type Loss = Amount & { reason: string };

/** What an event says, under the URIs of thing.ts. */
export type EventFacts = {
  type: EpcisEvent['type'];
  action: 'ADD' | 'OBSERVE' | 'DELETE' | undefined;
  step: string | undefined;
  disposition: string | undefined;
  /** Unix ms, as the event has it */
  timeMs: number;
  readPoint: string | undefined;
  bizLocation: string | undefined;
  lots: LotFact[];
  /** boxes, trucks and other things that it names, the parent included */
  things: string[];
  packing: Packing | undefined;
  losses: Loss[];
  pieceMasses: { lot: string; grams: number }[];
  /** who gives and who gets it */
  from: string | undefined;
  to: string | undefined;
};

/** The member that breaks a rule, and the rule. */
export type MalformedEvent = { member: string; rule: string };
