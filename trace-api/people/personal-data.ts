import { randomBytes } from 'node:crypto';
import type { Queries } from '@tianyuan/platform';
import { type SaltedField, canonicalize, commitmentOf, encodeBase64, saltLength } from '@tianyuan/protocol';
import { count, eq, inArray, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { idempotency, personalData } from '../database/schema.ts';
import type { Person } from './statements.ts';

/** Names and values of what is personal: name, mobile, village, whatever an organisation keeps. */
export const fieldNameSchema = z
  .string()
  .min(1)
  .max(64)
  .refine((name) => name.isWellFormed() && !name.includes('\0'), 'a lone surrogate, or U+0000');

export const fieldValueSchema = z.union([
  z
    .string()
    .max(512)
    .refine((value) => value.isWellFormed(), 'a lone surrogate'),
  z.int(),
  z.boolean(),
]);

export type FieldValue = z.infer<typeof fieldValueSchema>;

/** As a bundle has it in `disclosed`: base64 of the 16 bytes. */
export const openedFieldSchema = z.object({ name: z.string(), value: z.unknown(), salt: z.string() });

export type OpenedField = z.infer<typeof openedFieldSchema>;

/** What is kept of one person, old values that messages committed to among it; far more than a desk ever says. */
export const maxKeptFields = 1_000;

/**
 * Salts for a person's fields; one that has not changed keeps its salt, so that what was signed about it stays openable and
 * the same call gives the same commitments.
 */
export async function saltFields(
  queries: Queries,
  known: Person | undefined,
  fields: Record<string, FieldValue>,
): Promise<SaltedField[]> {
  const kept = known === undefined ? [] : await readFields(queries, known.commitments);
  return Object.entries(fields).map(([name, value]) => {
    const same = kept.find((one) => one.name === name && one.value === value);
    return { name, value, salt: same?.salt ?? new Uint8Array(randomBytes(saltLength)) };
  });
}

/** Keeps fields apart from the log, which has their commitments. */
export async function keepFields(tx: Queries, person: string, fields: readonly SaltedField[]): Promise<void> {
  const rows = fields.map((field) => ({
    commitment: commitmentOf(field),
    person,
    name: field.name,
    value: canonicalize(field.value),
    salt: field.salt,
  }));
  if (rows.length > 0) await tx.insert(personalData).values(rows).onConflictDoNothing();
}

export async function countFields(queries: Queries, person: string): Promise<number> {
  const [row] = await queries
    .select({ n: count() })
    .from(personalData)
    .where(eq(personalData.person, person));
  return row!.n;
}

/** The fields behind these commitments, as far as they are kept and not erased, by name. */
export async function readFields(
  queries: Queries,
  commitments: readonly string[],
): Promise<(SaltedField & { person: string })[]> {
  if (commitments.length === 0) return [];
  const rows = await queries
    .select()
    .from(personalData)
    .where(inArray(personalData.commitment, [...commitments]))
    .orderBy(personalData.name);
  return rows.map(({ person, name, value, salt }) => ({
    person,
    name,
    value: JSON.parse(value) as unknown,
    salt,
  }));
}

export function openField({ name, value, salt }: SaltedField): OpenedField {
  return { name, value, salt: encodeBase64(salt) };
}

/**
 * Forgets a person's values and salts for good. The log keeps the commitments, which without the salts say nothing, and every
 * proof holds. What was remembered of the calls that brought them goes too: a hash of a name can be guessed.
 * @returns how many fields
 */
export async function eraseFields(tx: Queries, person: string): Promise<number> {
  const erased = await tx
    .delete(personalData)
    .where(eq(personalData.person, person))
    .returning({ name: personalData.name });
  const calls = [`PUT /api/v1/people/${person}`, `POST /api/v1/people/${person}/fields`];
  // Who called stands behind the route.
  await tx
    .delete(idempotency)
    .where(or(...calls.map((call) => sql`starts_with(${idempotency.scope}, ${`${call} `})`)));
  return erased.length;
}
