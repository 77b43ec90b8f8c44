import { type Database, type Queries, noteWritten } from '@tianyuan/platform';
import { type Message, decodeEntry } from '@tianyuan/protocol';
import { and, eq } from 'drizzle-orm';
import { entries, idempotency } from '../database/schema.ts';
import { errors } from '../errors.ts';
import type { Judged } from '../ingest/examine-entry.ts';
import { lockLog } from '../ingest/extend-log.ts';
import type { LogRow } from '../mirror/find-log.ts';
import { admitMessage } from './admit-message.ts';
import { type Draft, appendEntry, draftEntry } from './append-entry.ts';
import { applyRecord, refuseRecord } from './apply-record.ts';
import { noteCapture } from './capture-mirrored.ts';
import type { PlatformKey } from './platform-key.ts';
import { statementSchema } from './projections.ts';
import { messageRecord, statementRecord } from './read-recorded.ts';
import { type DomainEvent, type Recorded, type Refusal, type Written, isRefusal } from './recorded.ts';
import { encodeStatement, maxStatementBytes } from './statement.ts';

/** The platform's own log, open for writing. What is refused leaves nothing behind. */
export type Records = {
  logId: string;
  origin: string;
  /** A person's, an organisation's or a device's signed message. The same one again changes nothing. */
  message: (payload: Uint8Array) => Promise<Written | Refusal>;
  /** What the platform itself says; `by` asked for it. `body` is checked by the statement's schema. */
  statement: (name: string, body: object, by: string) => Promise<Written | Refusal>;
  /** All or none. */
  statements: (many: readonly { name: string; body: object }[], by: string) => Promise<Written[] | Refusal>;
  /** Takes up a message that a gateway logged, or says that it is refused. */
  capture: (tx: Queries, source: Captured & { message: Message }) => Promise<void>;
  /** Says a statement in a transaction that others began; whoever began it commits. */
  within: (tx: Queries, name: string, body: object, by: string) => Promise<Written | Refusal>;
};

/** A message in a gateway's log. `payload` is its SHA-256 in hex. */
export type Captured = { logId: string; index: number; payload: string };

/** Keeps what projections emit, in the same transaction. */
export type Publish = (tx: Queries, events: readonly DomainEvent[], record: Recorded) => Promise<void>;

/** Of an entry that nobody's key signed. */
const own: Judged = {
  isMessage: false,
  flag: null,
  keepPayload: true,
  message: null,
  key: null,
  signed: null,
  stranger: null,
};

/** Undoes a transaction whose answer is a refusal. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

export function openRecords(
  database: Database,
  key: PlatformKey,
  publish: Publish = async () => {},
): Records {
  async function writeUnlessRefused(
    tx: Queries,
    log: LogRow,
    draft: Draft,
    record: Recorded,
    judged: Judged,
  ): Promise<LogRow> {
    const refusal = await refuseRecord(tx, record);
    if (refusal !== undefined) throw new Refused(refusal);
    return write(tx, log, draft, record, judged);
  }

  /** A record to which no projection objects. */
  async function write(
    tx: Queries,
    log: LogRow,
    draft: Draft,
    record: Recorded,
    judged: Judged,
  ): Promise<LogRow> {
    const grown = await appendEntry(tx, log, draft, judged, key);
    await noteWritten(tx, idempotency, draft.index);
    await publish(tx, await applyRecord(tx, record), record);
    return grown;
  }

  async function writeStatement(
    tx: Queries,
    log: LogRow,
    { name, body, by }: { name: string; body: object; by: string },
  ): Promise<{ log: LogRow; written: Written }> {
    const parsed = parseStatement(name, body);
    if (isRefusal(parsed)) throw new Refused(parsed);
    const payload = encodeStatement({ name, by, body: parsed.body });
    if (payload.length > maxStatementBytes) {
      const detail = `a statement has at most ${maxStatementBytes} bytes, this one ${payload.length}`;
      throw new Refused({ kind: errors.malformedRequest, detail });
    }
    const draft = await draftEntry(tx, log, 'statement', payload);
    const { index, at } = draft;
    const record = statementRecord(name, by, parsed.body, { index, at });
    const grown = await writeUnlessRefused(tx, log, draft, record, own);
    return { log: grown, written: { index, at, existed: false } };
  }

  async function takeMessage(tx: Queries, payload: Uint8Array): Promise<Written | Refusal> {
    const log = await lockLog(tx, key.origin);
    const draft = await draftEntry(tx, log, 'message', payload);
    const admission = await admitMessage(tx, log, draft);
    switch (admission.state) {
      case 'refused':
        return admission.refusal;
      case 'known':
        return { index: admission.index, at: await readAt(tx, log, admission.index), existed: true };
      case 'equivocation': {
        const evidence = await draftEntry(tx, log, 'equivocation', payload);
        await appendEntry(tx, log, evidence, asEvidence(admission.judged), key);
        return admission.refusal;
      }
      case 'new': {
        const { index, at } = draft;
        const record = messageRecord(admission.message, { index, at });
        await writeUnlessRefused(tx, log, draft, record, admission.judged);
        return { index, at, existed: false };
      }
    }
  }

  async function capture(
    tx: Queries,
    { message, ...source }: Captured & { message: Message },
  ): Promise<void> {
    const log = await lockLog(tx, key.origin);
    const say = (refused?: string) =>
      draftEntry(
        tx,
        log,
        'statement',
        encodeStatement({
          name: 'capture',
          by: 'platform',
          body: refused === undefined ? source : { ...source, refused },
        }),
      );
    const draft = await say();
    const { index, at } = draft;
    const record = messageRecord(message, { index, at });
    const refusal = await refuseRecord(tx, record);
    if (refusal !== undefined) {
      await appendEntry(tx, log, await say(refusal.kind.name), own, key);
      return;
    }
    await write(tx, log, draft, record, own);
    await noteCapture(tx, index, source, true);
  }

  async function statements(many: readonly { name: string; body: object }[], by: string) {
    return answered(
      database.transaction(async (tx) => {
        let log = await lockLog(tx, key.origin);
        const all: Written[] = [];
        for (const one of many) {
          const done = await writeStatement(tx, log, { ...one, by });
          log = done.log;
          all.push(done.written);
        }
        return all;
      }),
    );
  }

  return {
    logId: key.logId,
    origin: key.origin,
    message: (payload) => answered(database.transaction((tx) => takeMessage(tx, payload))),
    statements,
    capture,
    async statement(name, body, by) {
      const answer = await statements([{ name, body }], by);
      return Array.isArray(answer) ? answer[0]! : answer;
    },
    async within(tx, name, body, by) {
      const log = await lockLog(tx, key.origin);
      return answered(writeStatement(tx, log, { name, body, by }).then(({ written }) => written));
    },
  };
}

async function answered<T>(work: Promise<T>): Promise<T | Refusal> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

function parseStatement(name: string, body: object): { body: object } | Refusal {
  const parsed = statementSchema(name)?.safeParse(body);
  if (parsed === undefined) throw new Error(`no projection has a statement named ${name}`);
  if (parsed.success) return { body: parsed.data as object };
  const issues = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || name}: ${message}`);
  return { kind: errors.malformedRequest, detail: issues.join('; ') };
}

/** As a gateway logs it: the entry's kind says what it is. */
function asEvidence(judged: Judged): Judged {
  return { ...judged, signed: judged.signed && { ...judged.signed, kind: 'equivocation' } };
}

async function readAt(tx: Queries, log: LogRow, index: number): Promise<number> {
  const [row] = await tx
    .select({ entry: entries.entry })
    .from(entries)
    .where(and(eq(entries.log, log.id), eq(entries.index, index)));
  return decodeEntry(row!.entry).receivedAt;
}
