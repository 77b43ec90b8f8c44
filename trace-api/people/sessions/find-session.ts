import { createHash } from 'node:crypto';
import type { Queries } from '@tianyuan/platform';
import { and, eq, gt, isNull } from 'drizzle-orm';
import { keys, sessions } from '../../database/schema.ts';

export type Session = { person: string; expiresAt: number };

/** The session of a token, as long as it lasts, is not ended, and the key that opened it is enrolled and not revoked. */
export async function findSession(
  queries: Queries,
  token: string,
  now: number,
): Promise<Session | undefined> {
  const [row] = await queries
    .select({ person: sessions.person, expiresAt: sessions.expiresAt })
    .from(sessions)
    .innerJoin(keys, eq(keys.id, sessions.key))
    .where(
      and(
        eq(sessions.tokenHash, hashToken(token)),
        eq(sessions.revoked, false),
        gt(sessions.expiresAt, now),
        eq(keys.enrolled, true),
        isNull(keys.revokedBlock),
      ),
    );
  return row;
}

/** A token is random, so that one round of a hash keeps it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
