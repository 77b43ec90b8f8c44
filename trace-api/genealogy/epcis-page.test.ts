import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { readEvent } from './read-event.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const fitsEpcis = ajv.compile(JSON.parse(read('./vectors/epcis-json-schema.json')) as object);

const examples = [...read('../../docs/epcis.md').matchAll(/```json\n(.*?)```/gs)].map(
  ([, text]) => JSON.parse(text!) as Record<string, unknown>,
);

test('the page on events has an example of each type', () => {
  expect(new Set(examples.map(({ type }) => type)).size).toBe(5);
});

test.each(examples.map((event, i): [string, object] => [`${i + 1}, ${String(event['type'])}`, event]))(
  'example %s of the page on events is taken, and fits the public schema',
  (_, event) => {
    expect(readEvent(event)).not.toHaveProperty('rule');
    fitsEpcis({ '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', ...event });
    expect(fitsEpcis.errors).toBeNull();
  },
);
