import { randomBytes } from 'node:crypto';
import type { Database, Queries } from '@tianyuan/platform';
import { type Login, decodeBase64url, logIdHex, loginInput } from '@tianyuan/protocol';
import { and, eq, gt, isNull, lte } from 'drizzle-orm';
import { keys, people, sessionChallenges, sessions } from '../../database/schema.ts';
import type { VerifySignature } from '../../ingest/examine-entry.ts';
import { hashToken } from './find-session.ts';

/** Time enough for a slow phone, and too little for a challenge to be carried about. */
const challengeMs = 2 * 60_000;
/** A working day. */
const sessionMs = 12 * 3600_000;

export type Challenge = { challenge: string; expiresAt: number };
export type OpenedSession = { token: string; person: string; expiresAt: number };

/** Anybody gets one, for any id: an answer that told who is registered would be a list of people for strangers. */
export async function newChallenge(queries: Queries, person: string, now: number): Promise<Challenge> {
  await queries.delete(sessionChallenges).where(lte(sessionChallenges.expiresAt, now));
  const made = { challenge: randomBytes(32).toString('base64url'), expiresAt: now + challengeMs };
  await queries.insert(sessionChallenges).values({ person, ...made });
  return made;
}

/**
 * A session for whoever signed the challenge with an enrolled key of the person. The challenge is used up, whatever comes
 * of it. Undefined where anything is not as it should be; which of it, is nobody's affair who cannot log in.
 */
export async function openSession(
  database: Database,
  login: Login & { signature: string },
  { verify, now }: { verify: VerifySignature; now: number },
): Promise<OpenedSession | undefined> {
  const { challenge, person, key } = login;
  const used = await database.queries
    .delete(sessionChallenges)
    .where(and(eq(sessionChallenges.challenge, challenge), eq(sessionChallenges.person, person)))
    .returning({ expiresAt: sessionChallenges.expiresAt });
  if (used.every(({ expiresAt }) => expiresAt <= now)) return undefined;
  const signer = await findKey(database.queries, person, key);
  const signature = orUndefined(() => decodeBase64url(login.signature));
  if (signer === undefined || signature === undefined) return undefined;
  if (!verify(signer.publicKey, loginInput(login), signature)) return undefined;
  if (!(await isRegistered(database.queries, person))) return undefined;

  const token = randomBytes(32).toString('base64url');
  const expiresAt = now + sessionMs;
  await database.transaction(async (tx) => {
    await tx.delete(sessions).where(lte(sessions.expiresAt, now));
    await tx.insert(sessions).values({
      tokenHash: hashToken(token),
      person,
      key: signer.id,
      createdAt: now,
      expiresAt,
      revoked: false,
    });
  });
  return { token, person, expiresAt };
}

/** The registry has keys of devices and logs under their ids too; only who is noted as a person logs in. */
async function isRegistered(queries: Queries, person: string): Promise<boolean> {
  const found = await queries
    .select({ at: people.at })
    .from(people)
    .where(eq(people.person, person))
    .limit(1);
  return found.length > 0;
}

async function findKey(
  queries: Queries,
  person: string,
  keyNumber: number,
): Promise<{ id: number; publicKey: Uint8Array } | undefined> {
  const [row] = await queries
    .select({ id: keys.id, publicKey: keys.publicKey })
    .from(keys)
    .where(
      and(
        eq(keys.subject, logIdHex(person)),
        eq(keys.keyNumber, keyNumber),
        eq(keys.enrolled, true),
        isNull(keys.revokedBlock),
      ),
    );
  return row;
}

/** Ends one session, or, with no token named, all of a person. @returns how many that lasted still */
export async function endSessions(
  queries: Queries,
  which: { token: string } | { person: string },
  now: number,
): Promise<number> {
  const those =
    'token' in which ? eq(sessions.tokenHash, hashToken(which.token)) : eq(sessions.person, which.person);
  const ended = await queries
    .update(sessions)
    .set({ revoked: true })
    .where(and(those, eq(sessions.revoked, false), gt(sessions.expiresAt, now)))
    .returning({ person: sessions.person });
  return ended.length;
}

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
