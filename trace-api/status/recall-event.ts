import type { Queries } from '@tianyuan/platform';
import { z } from 'zod';
import { errors } from '../errors.ts';
import { findBatches } from '../genealogy/find-batches.ts';
import { readEvent } from '../genealogy/read-event.ts';
import { type Refusal, isRefusal } from '../records/recorded.ts';
import { reasonSchema, recallClassSchema } from './statements.ts';

/** What CBV 2.0 has no word for: how grave it is, and why. */
const member = 'tianyuan:recall';
const recallMember = z.strictObject({ class: recallClassSchema, reason: reasonSchema });

/** The batch, the class and the reason that a signed event gives. */
export type SignedRecall = { batch: string } & z.infer<typeof recallMember>;

/**
 * The recall that a signed EPCIS event is: an ObjectEvent about one lot whose disposition is `recalled` (CBV 2.0 section 7.2),
 * with class and reason beside it. Undefined for every other event, and for what is none.
 */
export async function readRecallEvent(
  tx: Queries,
  event: unknown,
): Promise<SignedRecall | Refusal | undefined> {
  const { disposition, [member]: said } = Object(event) as {
    disposition?: unknown;
    [member]?: unknown;
  };
  if (disposition !== 'recalled' && said === undefined) return undefined;
  const facts = readEvent(event);
  if ('rule' in facts) return undefined;
  const malformed = (rule: string): Refusal => ({ kind: errors.malformedEvent, detail: rule });
  if (disposition !== 'recalled') return malformed(`disposition: is recalled where there is ${member}`);
  if (facts.type !== 'ObjectEvent' || facts.action !== 'OBSERVE') {
    return malformed('disposition: a recall is an ObjectEvent with action OBSERVE');
  }
  const [lot] = facts.lots;
  if (lot === undefined || facts.lots.length > 1) {
    return malformed('quantityList: a recall names one lot; what was made of it is recalled with it');
  }
  const parsed = recallMember.safeParse(said);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return malformed(`${[member, ...path].join('.')}: ${message}`);
  }
  const batch = (await findBatches(tx, [lot.lot])).get(lot.lot);
  if (batch === undefined) {
    return { kind: errors.unknownBatch, detail: `quantityList: no batch is registered for ${lot.lot}` };
  }
  return { batch: batch.batchId, ...parsed.data };
}

/** As {@link readRecallEvent}, of an event that was recorded, and so not refused. */
export async function recordedRecall(tx: Queries, event: unknown): Promise<SignedRecall | undefined> {
  const recall = await readRecallEvent(tx, event);
  return recall === undefined || isRefusal(recall) ? undefined : recall;
}
