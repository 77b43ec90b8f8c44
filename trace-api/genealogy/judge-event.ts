import type { Queries } from '@tianyuan/platform';
import { errors } from '../errors.ts';
import type { Recorded, Refusal } from '../records/recorded.ts';
import type { EventFacts } from './event-facts.ts';
import { judgeLots } from './judge-lots.ts';
import { judgePacking } from './judge-packing.ts';
import { judgeSigner } from './judge-signer.ts';
import { readEvent } from './read-event.ts';
import { findAncestor } from './read-lineage.ts';
import { readLotStates } from './read-lot-states.ts';

/** Why an event is not recorded: its form, its signer, the lots and things that it speaks of, in this order. */
export async function judgeEvent(tx: Queries, record: Recorded): Promise<Refusal | undefined> {
  const facts = readEvent(record.body);
  if ('rule' in facts) return { kind: errors.malformedEvent, detail: `${facts.member}: ${facts.rule}` };
  const refusal = await judgeSigner(tx, record, facts);
  if (refusal !== undefined) return refusal;
  const lots = [...new Set(facts.lots.map(({ lot }) => lot))];
  return (
    judgeLots(facts, await readLotStates(tx, lots, record.index)) ??
    (await judgeCycle(tx, facts, record.index)) ??
    (facts.packing === undefined ? undefined : judgePacking(tx, facts.packing, record.index))
  );
}

/** No lot is its own ancestor: what comes out must not be among what went in, however long ago. */
async function judgeCycle(tx: Queries, { lots }: EventFacts, asOf: number): Promise<Refusal | undefined> {
  const outputs = lots.filter(({ role }) => role === 'output').map(({ lot }) => lot);
  if (outputs.length === 0) return undefined;
  const inputs = lots.filter(({ role }) => role === 'use').map(({ lot }) => lot);
  const own = await findAncestor(tx, inputs, outputs, asOf);
  if (own === undefined) return undefined;
  return { kind: errors.genealogyCycle, detail: `outputQuantityList: ${own} would be its own ancestor` };
}
