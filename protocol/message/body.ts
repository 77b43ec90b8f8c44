import { type Binding, bindingSchema } from './binding.ts';
import { type EpcisEvent, eventSchema } from './event.ts';
import { type Reading, readingsSchema } from './readings.ts';
import { type Report, reportSchema } from './report.ts';
import { type Rotation, rotationSchema } from './rotation.ts';

/** What a message can carry, by the member that carries it. A message has exactly one of them. */
export const bodySchemas = {
  readings: readingsSchema,
  binding: bindingSchema,
  event: eventSchema,
  report: reportSchema,
  rotation: rotationSchema,
} as const;

export type BodyName = keyof typeof bodySchemas;

export const bodyNames = Object.keys(bodySchemas) as BodyName[];

export type Body =
  | { readings: Reading[] }
  | { binding: Binding }
  | { event: EpcisEvent }
  | { report: Report }
  | { rotation: Rotation };

/** A body under its name, to switch over. */
export type NamedBody =
  | { name: 'readings'; readings: Reading[] }
  | { name: 'binding'; binding: Binding }
  | { name: 'event'; event: EpcisEvent }
  | { name: 'report'; report: Report }
  | { name: 'rotation'; rotation: Rotation };

export function bodyOf(message: Body): NamedBody {
  if ('readings' in message) return { name: 'readings', readings: message.readings };
  if ('binding' in message) return { name: 'binding', binding: message.binding };
  if ('event' in message) return { name: 'event', event: message.event };
  if ('report' in message) return { name: 'report', report: message.report };
  return { name: 'rotation', rotation: message.rotation };
}
