import { type Entry, type Message, bodyOf } from '@tianyuan/protocol';
import { readMessage } from '../ingest/examine-entry.ts';
import { statementSchema } from './projections.ts';
import type { Recorded } from './recorded.ts';
import { decodeStatement } from './statement.ts';

export type Place = { index: number; at: number };

export function messageRecord(message: Message, place: Place): Recorded {
  const { name, ...rest } = bodyOf(message);
  return {
    ...place,
    name,
    by: message.device,
    signed: true,
    batch: message.batch,
    commitments: message.commitments ?? [],
    body: Object.values(rest)[0],
  };
}

/** @param body as its schema gave it */
export function statementRecord(name: string, by: string, body: unknown, place: Place): Recorded {
  return { ...place, name, by, signed: false, batch: undefined, commitments: [], body };
}

/**
 * What a stored entry of the platform's log records; undefined for what counts for nothing here: evidence, and statements
 * that this version does not know.
 */
export function readRecorded(
  { kind }: Pick<Entry, 'kind'>,
  payload: Uint8Array,
  place: Place,
): Recorded | undefined {
  if (kind === 'message') {
    const message = readMessage(payload);
    return message && messageRecord(message, place);
  }
  const statement = kind === 'statement' ? decodeStatement(payload) : undefined;
  if (statement === undefined) return undefined;
  const parsed = statementSchema(statement.name)?.safeParse(statement.body);
  return parsed?.success ? statementRecord(statement.name, statement.by, parsed.data, place) : undefined;
}
