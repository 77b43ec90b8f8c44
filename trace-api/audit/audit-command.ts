import { type Queries, openDatabase } from '@tianyuan/platform';
import { bytesToHex, decodeEntry, sha256 } from '@tianyuan/protocol';
import { Command } from 'commander';
import { and, asc, eq, gt, or, sql } from 'drizzle-orm';
import { auditLines, entries } from '../database/schema.ts';
import { migrations } from '../open-trace-api.ts';
import { decodeStatement } from '../records/statement.ts';
import { auditHeadSchema } from './audit-projection.ts';
import {
  type AuditFault,
  type AuditHead,
  type ChainState,
  verifyHeads,
  verifyLengths,
  verifyLine,
} from './verify-audit.ts';

const linesAPage = 5_000;
const mostFaultsTold = 20;

export type AuditVerdict = { lines: number; chains: number; heads: number; faults: AuditFault[] };

/**
 * `trace-api audit verify`: every line against the one before it, and every chain against the heads that the platform's log
 * has of it.
 * @param argv as `process.argv`, `audit` at its third place
 * @returns the exit code: 1 where something was changed
 */
export async function runAudit(argv: readonly string[], print: (text: string) => void): Promise<number> {
  const command = new Command('trace-api audit');
  let code = 0;
  command
    .command('verify')
    .description('Check that no line of the audit was changed, taken out or put in.')
    .option(
      '--database-url <url>',
      'a PostgreSQL server [DATABASE_URL]',
      process.env['DATABASE_URL'] || undefined,
    )
    .option(
      '--data-dir <directory>',
      'the embedded database of a service that is stopped [DATA_DIR]',
      process.env['DATA_DIR'] || '.tianyuan/trace-api',
    )
    .action(async ({ databaseUrl: url, dataDir: dir }: { databaseUrl?: string; dataDir: string }) => {
      const database = await openDatabase({ url, dir, migrations });
      try {
        const verdict = await verifyAudit(database.queries);
        for (const { chain, seq, what } of verdict.faults.slice(0, mostFaultsTold))
          print(`✗ ${chain} line ${seq}: ${what}\n`);
        const more = verdict.faults.length - mostFaultsTold;
        if (more > 0) print(`✗ and ${more} more\n`);
        print(
          `${verdict.lines} lines in ${verdict.chains} chains, ${verdict.heads} heads in the platform's log\n`,
        );
        code = verdict.faults.length === 0 ? 0 : 1;
      } finally {
        await database.close();
      }
    });
  await command.parseAsync([...argv.slice(0, 2), ...argv.slice(3)]);
  return code;
}

/** The whole audit of a database. */
export async function verifyAudit(queries: Queries): Promise<AuditVerdict> {
  const heads = await readHeads(queries);
  const faults: AuditFault[] = [];
  const lengths = new Map<string, number>();
  let state: ChainState | undefined;
  let count = 0;
  for (;;) {
    const at: ChainState | undefined = state;
    const page = await queries
      .select()
      .from(auditLines)
      .where(
        at &&
          or(
            gt(auditLines.chain, at.chain),
            and(eq(auditLines.chain, at.chain), gt(auditLines.seq, at.lines - 1)),
          ),
      )
      .orderBy(asc(auditLines.chain), asc(auditLines.seq))
      .limit(linesAPage);
    for (const line of page) {
      const verified = verifyLine(state, line);
      state = verified.state;
      lengths.set(line.chain, state.lines);
      faults.push(...verified.faults, ...verifyHeads(heads, line));
    }
    count += page.length;
    if (page.length < linesAPage) break;
  }
  faults.push(...verifyLengths(heads, lengths));
  return { lines: count, chains: lengths.size, heads: heads.length, faults };
}

/** From the entries themselves, whose log is anchored, and not from the table that was made of them. */
async function readHeads(queries: Queries): Promise<AuditHead[]> {
  const rows = await queries
    .select({ index: entries.index, entry: entries.entry, payload: entries.payload })
    .from(entries)
    // Statements are in RFC 8785 form. A gateway may log what it likes: whose log it is does not matter to a hash that fits.
    .where(sql`position(${Buffer.from('"statement":"audit-head"')}::bytea in ${entries.payload}) > 0`)
    .orderBy(asc(entries.index));
  return rows.flatMap(({ index, entry, payload }) => {
    const statement = decodeStatement(payload!);
    if (statement?.name !== 'audit-head' || statement.by !== 'platform') return [];
    if (bytesToHex(sha256(payload!)) !== bytesToHex(decodeEntry(entry).payloadHash)) return [];
    return [{ ...auditHeadSchema.parse(statement.body), atIndex: index }];
  });
}
