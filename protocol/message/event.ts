import * as z from 'zod';
import { findUnsignable } from './signable-json.ts';

/** EPCIS 2.0 section 7.4. */
export const eventTypes = [
  'ObjectEvent',
  'AggregationEvent',
  'TransactionEvent',
  'TransformationEvent',
  'AssociationEvent',
] as const;

const shape = z.looseObject({
  type: z.enum(eventTypes),
  eventTime: z.iso.datetime({ offset: true }),
  // the pattern of the EPCIS JSON schema
  eventTimeZoneOffset: z.string().regex(/^[+-]((0\d|1[0-3]):[0-5]\d|14:00)$/),
});

/** The event stands in the message's object, so that is how deep it begins. */
const depthOfEvent = 2;

/**
 * One EPCIS 2.0 event in its JSON form. Checked here: what EPCIS demands of every event, and that it can be signed (see
 * {@link findUnsignable}). Which members a type has is for who acts on the event; what this protocol proves is who
 * said it.
 *
 * The value is passed on as it was parsed and not built anew, since its members are anybody's: so its canonical form is
 * not proven by construction, and parseMessage serialises a message with an event by the JCS library.
 */
export const eventSchema = z.unknown().superRefine((event, context) => {
  const unsignable = findUnsignable(event, depthOfEvent);
  if (unsignable !== undefined) {
    context.addIssue({ code: 'custom', ...unsignable });
    return;
  }
  for (const { path, message } of shape.safeParse(event).error?.issues ?? []) {
    context.addIssue({ code: 'custom', path, message });
  }
});

export type EpcisEvent = z.infer<typeof shape>;
