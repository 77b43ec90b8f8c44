import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type EventDefinition, eventRegistry } from './event-registry.ts';

const first: EventDefinition = {
  type: 'Batch.Recalled',
  version: 1,
  summary: { zh: '召回', en: 'recalled' },
  payload: z.object({
    batch_id: z.string(),
    note: z.string().optional(),
    holders: z.array(z.object({ id: z.string() })),
  }),
  example: { batch_id: 'b-1', holders: [{ id: 'h-1' }] },
};

const next = (payload: z.ZodObject, example = first.example): EventDefinition => ({
  ...first,
  version: 2,
  payload,
  example,
});
const own = first.payload.shape as { batch_id: z.ZodString; note: z.ZodType; holders: z.ZodType };

describe('an event registry', () => {
  test('serves the schema of the envelope, its example included', () => {
    const registry = eventRegistry([first]);
    const { schema } = registry.find('Batch.Recalled', '1')!;
    expect(schema).toMatchObject({
      $id: 'urn:tianyuan:event-schema:Batch.Recalled:1',
      properties: { type: { const: 'Batch.Recalled' }, version: { const: '1' } },
      examples: [{ type: 'Batch.Recalled', payload: first.example }],
    });
    expect(JSON.stringify(schema)).not.toContain('additionalProperties');
    expect(registry.find('Batch.Recalled', '2')).toBeUndefined();
    expect(registry.list().map(({ type }) => type)).toEqual(['Batch.Recalled']);
  });

  test('refuses events that no reader could rely on', () => {
    const registry = eventRegistry([first]);
    const event = { type: 'Batch.Recalled', version: 1, payload: first.example };
    expect(() => registry.check(event)).not.toThrow();
    expect(() => registry.check({ ...event, payload: { batch_id: 3 } })).toThrow(/batch_id/);
    expect(() => registry.check({ ...event, type: 'Batch.Eaten' })).toThrow('is not registered');
    expect(() => registry.check({ ...event, version: 2 })).toThrow('is not registered');
  });

  test('takes a new version that adds optional members, at any depth', () => {
    const wider = z.object({
      ...own,
      since: z.int().optional(),
      holders: z.array(z.object({ id: z.string(), name: z.string().optional() })),
    });
    expect(eventRegistry([next(wider), first]).list()).toHaveLength(2);
  });

  const { note: _, ...withoutNote } = own;
  test.each<[string, EventDefinition[], string]>([
    [
      'a required member more',
      [first, next(z.object({ ...own, id: z.string() }), { ...first.example, id: 'x' })],
      'id is required now',
    ],
    ['a member less', [first, next(z.object(withoutNote))], 'note is gone'],
    [
      'a member that may be missing now',
      [first, next(z.object({ ...own, batch_id: z.string().optional() }))],
      'batch_id may be missing now',
    ],
    [
      'another type',
      [first, next(z.object({ ...own, note: z.int().optional() }))],
      'note is not what it was',
    ],
    [
      'a narrower text',
      [first, next(z.object({ ...own, batch_id: z.string().max(8) }))],
      'batch_id is not what it was',
    ],
    [
      'a required member more, inside a list',
      [
        first,
        next(z.object({ ...own, holders: z.array(z.object({ id: z.string(), at: z.int() })) }), {
          ...first.example,
          holders: [],
        }),
      ],
      'holders[].at is required now',
    ],
    [
      'a longer list',
      [first, next(z.object({ ...own, holders: z.array(z.object({ id: z.string() })).max(1) }))],
      'holders is another array',
    ],
    ['a gap', [{ ...first, version: 2 }], 'there is no version 1'],
    ['the same again', [first, first], 'registered twice'],
    ['an example that does not fit', [{ ...first, example: {} }], 'example does not fit'],
  ])('does not start with %s', (_name, definitions, reason) => {
    expect(() => eventRegistry(definitions)).toThrow(reason);
  });

  test('does not mind other words for people', () => {
    const described = z.object({ ...own, batch_id: z.string().describe('which') });
    expect(() => eventRegistry([first, next(described)])).not.toThrow();
  });
});
