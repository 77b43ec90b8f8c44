import * as z from 'zod';
import { PlatformError } from '../platform-error.ts';
import type { DomainEvent } from './event.ts';
import { type JsonSchema, findIncompatibility } from './schema-compatibility.ts';

/** One version of one type of event. The zod schema is the only declaration; the JSON Schema is made from it. */
export type EventDefinition = {
  type: string;
  version: number;
  summary: { zh: string; en: string };
  payload: z.ZodObject;
  /** of a payload */
  example: Record<string, unknown>;
};

export type RegisteredEvent = {
  type: string;
  version: string;
  summary: { zh: string; en: string };
  /** JSON Schema 2020-12 of the whole envelope, with an example */
  schema: JsonSchema;
};

export type EventRegistry = {
  list: () => readonly RegisteredEvent[];
  find: (type: string, version: string) => RegisteredEvent | undefined;
  /** @throws PlatformError EVENT_SCHEMA where the type is not registered or the payload does not fit */
  check: (event: DomainEvent) => void;
};

const idBase = 'urn:tianyuan:event-schema';

/**
 * The schemas of a service's events. A version, once published, is for ever; the next may only add optional members,
 * so that who was written for the old one still understands the new.
 * @throws PlatformError EVENT_SCHEMA for an example that does not fit, a gap in the versions, or a version that breaks
 *   the one before
 */
export function eventRegistry(definitions: readonly EventDefinition[]): EventRegistry {
  const registered = new Map<string, { event: RegisteredEvent; payload: z.ZodObject }>();
  for (const definition of definitions.toSorted((a, b) => a.version - b.version)) {
    const { type, version, payload, summary } = definition;
    const name = keyOf(type, String(version));
    if (registered.has(name)) throw fault(name, 'is registered twice');
    const before = registered.get(keyOf(type, String(version - 1)));
    if (version > 1 && before === undefined) throw fault(name, `there is no version ${version - 1}`);
    if (before !== undefined) {
      const broken = findIncompatibility(jsonSchemaOf(before.payload), jsonSchemaOf(payload));
      if (broken !== undefined) throw fault(name, `breaks readers of version ${version - 1}: ${broken}`);
    }
    const misfit = payload.safeParse(definition.example).error;
    if (misfit !== undefined) throw fault(name, `its example does not fit: ${z.prettifyError(misfit)}`);
    const event = { type, version: String(version), summary, schema: envelopeSchema(definition) };
    registered.set(name, { event, payload });
  }
  const events = [...registered.values()]
    .map(({ event }) => event)
    .toSorted((a, b) => (keyOf(a.type, a.version) < keyOf(b.type, b.version) ? -1 : 1));
  return {
    list: () => events,
    find: (type, version) => registered.get(keyOf(type, version))?.event,
    check({ type, version, payload }) {
      const name = keyOf(type, String(version));
      const known = registered.get(name);
      if (known === undefined) throw fault(name, 'is not registered');
      const misfit = known.payload.safeParse(payload).error;
      if (misfit !== undefined) throw fault(name, z.prettifyError(misfit));
    },
  };
}

function keyOf(type: string, version: string): string {
  return `${type} v${version}`;
}

function fault(name: string, what: string): PlatformError {
  return new PlatformError('EVENT_SCHEMA', `event ${name}: ${what}`);
}

/** As a reader should take it: members that are not known yet are allowed, since a later version may add some. */
function jsonSchemaOf(payload: z.ZodObject): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(payload, { io: 'input' }) as JsonSchema;
  return schema;
}

function envelopeSchema({ type, version, payload, summary, example }: EventDefinition): JsonSchema {
  const id = '4f2c9d1e-7a6b-4c3d-9e8f-0a1b2c3d4e5f';
  const time = '2026-11-25T02:00:00.000Z';
  const properties = {
    id: { type: 'string', format: 'uuid', description: 'two deliveries with one id are one event' },
    type: { const: type },
    version: { const: String(version) },
    correlation_id: { type: 'string', description: 'of the request that made it happen' },
    time: { type: 'string', format: 'date-time' },
    payload: jsonSchemaOf(payload),
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${idBase}:${type}:${version}`,
    title: `${type} v${version}`,
    description: `${summary.zh} ${summary.en}`,
    type: 'object',
    properties,
    required: Object.keys(properties),
    examples: [{ id, type, version: String(version), correlation_id: id, time, payload: example }],
  };
}
