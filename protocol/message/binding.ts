import * as z from 'zod';
import { deviceIdSchema, natural, textOf, thingKinds } from './fields.ts';

/** What can carry a device. */
const carrierSchema = z.strictObject({
  id: textOf(64),
  kind: z.enum(thingKinds).exclude(['device']),
});

/**
 * From `from` on (Unix ms) this device measures that batch, box, truck or room, until `until`, which is not part of the
 * time any more. A later binding with the same device, carrier and `from` takes this one's place: so an end is added.
 * Members stand in RFC 8785's order.
 */
export const bindingSchema = z
  .strictObject({
    device: deviceIdSchema,
    from: natural,
    to: carrierSchema,
    until: natural.optional(),
  })
  .refine(({ from, until }) => until === undefined || until > from, 'until is not after from');

export type Binding = z.infer<typeof bindingSchema>;
