import * as z from 'zod';
import { canonicalize } from '../canonical-json.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type BodyName, bodyNames, bodySchemas } from './body.ts';
import { counting, deviceIdSchema, natural, sha256Hex, textOf } from './fields.ts';
import type { Message } from './message.ts';

/** As many as a person's whole record has fields; 32 of them are 2 KB. */
const maxCommitments = 32;

/** Hashes of salted fields, see commitmentOf. Ascending, so that their order says nothing about the fields. */
const commitmentsSchema = z
  .array(sha256Hex)
  .min(1)
  .max(maxCommitments)
  .refine((hashes) => hashes.every((hash, i) => i === 0 || hashes[i - 1]! < hash), 'not strictly ascending');

const envelope = {
  v: z.literal(1),
  device: deviceIdSchema,
  key: counting,
  boot: counting,
  seq: counting,
  time: natural,
  batch: textOf(64).optional(),
  commitments: commitmentsSchema.optional(),
  sig: z.string().length(86),
};

/** The message with each body. */
const messageSchemas = Object.fromEntries(
  bodyNames.map((name) => [
    name,
    z.strictObject(inCanonicalOrder({ ...envelope, [name]: bodySchemas[name] })),
  ]),
) as Record<string, z.ZodType> as Record<BodyName, z.ZodType<Message>>;

/**
 * A message from its text, which has to be its own canonical form.
 * @throws ProtocolError MESSAGE, which names the rule that was broken
 */
export function readBySchema(text: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('MESSAGE', 'not JSON', { cause });
  }
  const name = bodyNameOf(value);
  const message = judgeBySchema(name, value);
  if (canonicalText(name, message) !== text) {
    throw new ProtocolError('MESSAGE', 'not its own RFC 8785 canonical form');
  }
  return message;
}

function bodyNameOf(value: unknown): BodyName {
  const isObject = typeof value === 'object' && value !== null;
  const names = isObject ? bodyNames.filter((name) => Object.hasOwn(value, name)) : [];
  if (names.length === 1) return names[0]!;
  throw new ProtocolError(
    'MESSAGE',
    names.length === 0
      ? `a message carries one of ${bodyNames.join(', ')}, this one none`
      : `a message carries one body, this one ${names.join(' and ')}`,
  );
}

/**
 * The RFC 8785 form of a message that its schema built: members sorted, integers plain, strings well-formed, so that
 * JSON.stringify writes what {@link canonicalize} would, ten times faster. An event is not built by a schema.
 */
function canonicalText(name: BodyName, message: Message): string {
  if (name !== 'event') return JSON.stringify(message);
  try {
    return canonicalize(message);
  } catch (cause) {
    throw new ProtocolError('MESSAGE', `event: ${(cause as Error).message}`, { cause });
  }
}

/** RFC 8785 section 3.2.3: by UTF-16 units, as JavaScript compares strings. zod builds its output in this order. */
function inCanonicalOrder<T extends object>(shape: T): T {
  return Object.fromEntries(Object.entries(shape).toSorted(([a], [b]) => (a < b ? -1 : 1))) as T;
}

/** @throws ProtocolError MESSAGE */
export function judgeBySchema(name: BodyName, value: unknown): Message {
  const parsed = messageSchemas[name].safeParse(value);
  if (!parsed.success) throw new ProtocolError('MESSAGE', describeIssues(parsed.error));
  return parsed.data;
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`).join('; ');
}
