import { hash } from 'node:crypto';
import type { Queries } from '@tianyuan/platform';
import { eq } from 'drizzle-orm';
import { files } from '../database/schema.ts';
import type { MediaType } from './media-type.ts';

/** A laboratory's report with its pictures has a few megabytes; a picture of a phone no more. */
export const maxFileBytes = 10 * 1024 * 1024;

export type StoredFile = typeof files.$inferSelect;

/** SHA-256 in hex, as files are named. */
export function hashOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Keeps a file under its hash; the same bytes again change nothing. */
export async function keepFile(
  tx: Queries,
  file: { bytes: Uint8Array; mediaType: MediaType; by: string; at: number },
): Promise<{ sha256: string; existed: boolean }> {
  const sha256 = hashOf(file.bytes);
  const kept = await tx
    .insert(files)
    .values({ ...file, sha256, length: file.bytes.length })
    .onConflictDoNothing()
    .returning({ sha256: files.sha256 });
  return { sha256, existed: kept.length === 0 };
}

export async function findFile(queries: Queries, sha256: string): Promise<StoredFile | undefined> {
  const [row] = await queries.select().from(files).where(eq(files.sha256, sha256));
  return row;
}
