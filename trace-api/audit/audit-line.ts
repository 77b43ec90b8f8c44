import { createHash } from 'node:crypto';
import { canonicalize } from '@tianyuan/protocol';
import type { auditLines } from '../database/schema.ts';

export type AuditLine = typeof auditLines.$inferSelect;

/** Before the first line of a chain. */
export const noHash = '0'.repeat(64);

const context = 'tianyuan/audit/v1\n';

/** What a line says: SHA-256 over the context line and the RFC 8785 form of everything in it but the hash. Pure. */
export function hashLine({ hash: _, ...line }: Omit<AuditLine, 'hash'> & { hash?: string }): string {
  return createHash('sha256')
    .update(context + canonicalize(line))
    .digest('hex');
}

/** The line after `last`, in a chain that may be new. */
export function nextLine(
  last: Pick<AuditLine, 'chain' | 'seq' | 'hash'> | undefined,
  said: Omit<AuditLine, 'seq' | 'prev' | 'hash'>,
): AuditLine {
  const follows = last?.chain === said.chain ? last : undefined;
  const line = { ...said, seq: follows === undefined ? 0 : follows.seq + 1, prev: follows?.hash ?? noHash };
  return { ...line, hash: hashLine(line) };
}
