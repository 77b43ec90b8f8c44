import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger, Queries } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import { auditHeads, auditLines } from '../database/schema.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { type AuditLine, nextLine } from './audit-line.ts';

/** What a request was, without its body and without its query. */
export type Audited = Pick<
  AuditLine,
  'who' | 'method' | 'path' | 'requestId' | 'idempotencyKey' | 'status' | 'code'
>;

export type Audit = {
  /** Resolves once the line is stored; lines of one process are stored one after the other. */
  write: (audited: Audited) => Promise<void>;
  /** Logs heads of what was written; resolves when the signal has stopped it, behind a last one. */
  run: (signal: AbortSignal) => Promise<void>;
};

/** Lines without a head in the log are what somebody could still write anew. */
const linesAHead = 1_000;
const headEveryMs = 24 * 3_600_000;
const lookEveryMs = 60_000;

/** Strangers may knock as often as they like: of what is refused to nobody in particular, so much gets a line a day. */
const refusedADay = 10_000;

/** @param records where heads are logged; without a log of the platform's own the lines are only chained */
export function openAudit(
  { queries, records, logger }: { queries: Queries; records: Records | undefined; logger: Logger },
  now: () => number = Date.now,
): Audit {
  const processId = randomBytes(8).toString('hex');
  let last: AuditLine | undefined;
  let refused = 0;
  let skipped = 0;
  let unheaded = 0;
  let headAt = now();
  let wake: () => void = () => {};
  let turn: Promise<void> = Promise.resolve();

  async function store(audited: Audited): Promise<void> {
    const at = Math.max(now(), last?.at ?? 0);
    const chain = `${new Date(at).toISOString().slice(0, 10)}/${processId}`;
    if (last?.chain !== chain) refused = 0;
    if (audited.who === '-' && audited.status >= 400) {
      refused += 1;
      if (refused > refusedADay) {
        skipped += 1;
        return;
      }
    }
    const line = nextLine(last, { ...audited, chain, at, skipped });
    await queries.insert(auditLines).values(line);
    last = line;
    skipped = 0;
    unheaded += 1;
    if (unheaded >= linesAHead) wake();
  }

  /** Of every chain that has lines behind its last head, those of processes that are gone too. */
  async function logHeads(log: Records): Promise<void> {
    const { rows } = await queries.execute<{ chain: string; lines: string | number; hash: string }>(sql`
      select l.chain, l.seq + 1 as lines, l.hash from ${auditLines} l
      where l.seq = (select max(m.seq) from ${auditLines} m where m.chain = l.chain)
        and l.seq + 1 > coalesce((select max(h.lines) from ${auditHeads} h where h.chain = l.chain), 0)
      order by l.chain limit 1000`);
    for (const { chain, lines, hash } of rows) {
      const answer = await log.statement('audit-head', { chain, lines: Number(lines), hash }, 'platform');
      if (isRefusal(answer)) throw new Error(answer.detail);
    }
    unheaded = 0;
    headAt = now();
  }

  return {
    write(audited) {
      const mine = turn.then(() => store(audited));
      turn = mine.catch(() => {}); // whoever waits for it is told
      return mine;
    },
    async run(signal) {
      if (records === undefined) return;
      const look = async (isDue: boolean) => {
        if (!isDue) return;
        await logHeads(records).catch((error: unknown) =>
          logger.warn({ err: error }, "the audit's heads could not be logged and will be, later"),
        );
      };
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await Promise.race([woken, delay(lookEveryMs, undefined, { signal }).catch(() => {})]);
        await look(unheaded >= linesAHead || now() - headAt >= headEveryMs);
      }
      await turn;
      await look(unheaded > 0);
    },
  };
}
