import { isDeepStrictEqual } from 'node:util';
import { converters } from './converters.ts';
import type { MappingTable, Rule } from './mapping-table.ts';
import { type NationalRecord, nationalRecordSchema } from './national-record.ts';

/**
 * What a mapping did not carry over as it was, with its place as an RFC 6901 pointer: a member it does not know
 * (`unknown`), a value it cannot read (`unreadable`), or one that it reads and would write otherwise (`form`).
 */
export type Kept = { pointer: string; value: unknown; why: 'unknown' | 'unreadable' | 'form' };

/** `record` and `kept` together are the document: {@link unmapRecord} makes it from them again. */
export type Mapped = { record: NationalRecord; kept: Kept[] };

type Json = Record<string, unknown>;

/** Their document in our words. Loses nothing, and never fails: what does not fit is kept beside it. */
export function mapDocument(document: Json, table: MappingTable): Mapped {
  const kept: Kept[] = [];
  const record = mapObject(document, table.fields, '', table, kept);
  // A table that made something else than a record would be a defect of the table, and mappings.test.ts says so.
  return { record: nationalRecordSchema.parse(record), kept };
}

/** Our record in their words, and what was kept beside it put back where it was. */
export function unmapRecord({ record, kept }: Mapped, table: MappingTable): Json {
  const document = unmapObject(record, table.fields, table);
  for (const { pointer, value } of kept) put(document, pointer, value);
  return document;
}

function mapObject(
  object: Json,
  rules: readonly Rule[],
  at: string,
  table: MappingTable,
  kept: Kept[],
): Json {
  const result: Json = {};
  const known = new Set(rules.flatMap((rule) => rule.theirs));
  for (const [name, value] of Object.entries(object)) {
    if (!known.has(name)) kept.push({ pointer: `${at}/${escape(name)}`, value, why: 'unknown' });
  }
  for (const rule of rules) {
    const present = rule.theirs.filter((name) => Object.hasOwn(object, name));
    if (present.length === 0) continue;
    const keep = (why: Kept['why']) => {
      for (const name of present) kept.push({ pointer: `${at}/${name}`, value: object[name], why });
    };
    const values = rule.theirs.map((name) => (Object.hasOwn(object, name) ? object[name] : undefined));
    const value = mapValue(values, rule, `${at}/${rule.theirs[0]}`, table, kept);
    if (value === undefined) {
      keep('unreadable');
      continue;
    }
    result[rule.ours] = value;
    const isNested = typeof rule.as === 'object' && !('codes' in rule.as);
    if (!isNested && !isDeepStrictEqual(unmapValue(value, rule, table), values)) keep('form');
  }
  return result;
}

function mapValue(
  values: readonly unknown[],
  { as }: Rule,
  at: string,
  table: MappingTable,
  kept: Kept[],
): unknown {
  if (typeof as === 'string') return converters[as].from(values);
  const [value] = values;
  if ('codes' in as) {
    const codes = table.codes[as.codes]!;
    return typeof value === 'string' && Object.hasOwn(codes, value) ? codes[value] : undefined;
  }
  if ('object' in as) return isObject(value) ? mapObject(value, as.object, at, table, kept) : undefined;
  if (!Array.isArray(value)) return undefined;
  return value.map((element: unknown, index) => {
    if (isObject(element)) return mapObject(element, as.list, `${at}/${index}`, table, kept);
    // The list keeps its places, so that the element can go back to its own.
    kept.push({ pointer: `${at}/${index}`, value: element, why: 'unreadable' });
    return {};
  });
}

function unmapObject(object: Json, rules: readonly Rule[], table: MappingTable): Json {
  const result: Json = {};
  for (const rule of rules) {
    if (!Object.hasOwn(object, rule.ours)) continue;
    const values = unmapValue(object[rule.ours], rule, table);
    for (const [index, name] of rule.theirs.entries()) result[name] = values[index];
  }
  return result;
}

function unmapValue(value: unknown, { as }: Rule, table: MappingTable): unknown[] {
  if (typeof as === 'string') return converters[as].to(value as never);
  if ('codes' in as) return [Object.entries(table.codes[as.codes]!).find(([, word]) => word === value)?.[0]];
  if ('object' in as) return [unmapObject(value as Json, as.object, table)];
  return [(value as Json[]).map((element) => unmapObject(element, as.list, table))];
}

/** The parents of a pointer are there: they are what was walked when it was made. */
function put(document: Json, pointer: string, value: unknown): void {
  const path = pointer.slice(1).split('/').map(unescape);
  let parent: Json = document;
  for (const step of path.slice(0, -1)) parent = parent[step] as Json;
  parent[path.at(-1)!] = value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6901 section 3 */
const escape = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
const unescape = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');
