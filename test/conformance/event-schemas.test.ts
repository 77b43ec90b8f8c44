import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RegisteredEvent } from '@tianyuan/platform';
import { traceEvents } from '@tianyuan/trace-api/events/trace-events.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../docs/events/', import.meta.url));
const fileOf = ({ type, version }: RegisteredEvent) => `${type}.v${version}.json`;
const events = traceEvents.list();

const head = `# Events

<!-- Written from trace-api/events/; \`npm test -- event-schemas -u\` writes this folder again. -->

What the trace API publishes on the event bus (in the process, or NATS JetStream under \`tianyuan.event.{type}\` where NATS_URL is
set). Each file here is the JSON Schema of one version of one type, with an example; a running service has them at
\`GET /api/v1/event-schemas\` and \`/api/v1/event-schemas/{type}/{version}\`.

An event is \`{ id, type, version, correlation_id, time, payload }\`. It is delivered at least once and never before the record that
it speaks of is committed; two deliveries with one \`id\` are one event. **A new version of a type may only add optional members**:
a reader of version 1 understands every later one, and ignores what it does not know. A service with a version that breaks this
rule does not start.

| type | version | 何事 | what happened |
|---|---:|---|---|`;

function indexPage(): string {
  const rows = events.map(
    (event) =>
      `| [\`${event.type}\`](${fileOf(event)}) | ${event.version} | ${event.summary.zh} | ${event.summary.en} |`,
  );
  return `${head}\n${rows.join('\n')}\n`;
}

// `npm test -- event-schemas -u` writes them again.
test('docs/events says what trace-api/events says', async () => {
  await expect(indexPage()).toMatchFileSnapshot(`${folder}README.md`);
});

test.each(events)('the schema of $type v$version is the one in docs/events', async (event) => {
  await expect(`${JSON.stringify(event.schema, null, 2)}\n`).toMatchFileSnapshot(folder + fileOf(event));
});

test('docs/events holds nothing else', () => {
  expect(readdirSync(folder).toSorted()).toEqual(['README.md', ...events.map(fileOf)].toSorted());
});

test.each(events)('the example of $type v$version fits its schema by another validator', ({ schema }) => {
  const ajv = new Ajv2020({ strict: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  const [example] = schema['examples'] as [Record<string, unknown>];
  validate(example);
  expect(validate.errors).toBeNull();
  expect(validate({ ...example, payload: {} })).toBe(false);
  expect(validate({ ...example, type: 'Else' })).toBe(false);
});
