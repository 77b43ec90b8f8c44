import { isDeepStrictEqual } from 'node:util';

/** A JSON Schema document or a part of one. */
export type JsonSchema = Record<string, unknown>;

/** Members that say something to people and nothing to a validator. */
const annotations = new Set(['title', 'description', 'examples', 'default', '$id', '$schema']);

/**
 * What of `newer` breaks a reader that was written for `older`, with where; undefined where `newer` only adds optional
 * members. Everything that an object of `older` has must be in `newer` as it was, whether required or not; what is no
 * object must be the same. Pure.
 */
export function findIncompatibility(
  older: JsonSchema,
  newer: JsonSchema,
  at = 'payload',
): string | undefined {
  if (older['type'] === 'object' && newer['type'] === 'object') return compareObjects(older, newer, at);
  if (older['type'] === 'array' && newer['type'] === 'array') {
    const [a, b] = [withoutItems(older), withoutItems(newer)];
    if (!isDeepStrictEqual(a, b)) return `${at} is another array`;
    return findIncompatibility(partOf(older, 'items'), partOf(newer, 'items'), `${at}[]`);
  }
  return isDeepStrictEqual(bare(older), bare(newer)) ? undefined : `${at} is not what it was`;
}

function compareObjects(older: JsonSchema, newer: JsonSchema, at: string): string | undefined {
  const [before, after] = [partOf(older, 'properties'), partOf(newer, 'properties')];
  const [required, requiredNow] = [requiredOf(older), requiredOf(newer)];
  for (const name of requiredNow) if (!required.has(name)) return `${at}.${name} is required now`;
  for (const name of required) if (!requiredNow.has(name)) return `${at}.${name} may be missing now`;
  for (const [name, schema] of Object.entries(before)) {
    const now = after[name];
    if (now === undefined) return `${at}.${name} is gone`;
    const broken = findIncompatibility(schema as JsonSchema, now as JsonSchema, `${at}.${name}`);
    if (broken !== undefined) return broken;
  }
  const rest = (schema: JsonSchema) => omit(bare(schema), ['properties', 'required']);
  return isDeepStrictEqual(rest(older), rest(newer)) ? undefined : `${at} is not what it was`;
}

function partOf(schema: JsonSchema, name: string): JsonSchema {
  return (schema[name] ?? {}) as JsonSchema;
}

function requiredOf(schema: JsonSchema): Set<string> {
  return new Set((schema['required'] ?? []) as string[]);
}

function withoutItems(schema: JsonSchema): JsonSchema {
  return omit(bare(schema), ['items']);
}

function omit(schema: JsonSchema, names: readonly string[]): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)));
}

/** Without its annotations, however deep they stand; a property may have the name of one. */
function bare(schema: JsonSchema): JsonSchema {
  return strip(schema, false) as JsonSchema;
}

function strip(value: unknown, named: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => strip(one, false));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => named || !annotations.has(name))
      .map(([name, one]) => [name, strip(one, !named && name === 'properties')]),
  );
}
