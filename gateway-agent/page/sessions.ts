import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export type Session = {
  /** goes into every form of the session, and must come back with it */
  formToken: string;
};

/** Who is signed in. In memory: a restart signs everybody out. */
export type Sessions = {
  /** @param passwordHash the stored password that it was opened with @returns the cookie's value, 32 random bytes */
  open: (passwordHash: string) => string;
  /** undefined for one that is unknown, too old, or of an earlier password */
  find: (cookie: string | undefined, passwordHash: string | undefined) => Session | undefined;
  close: (cookie: string | undefined) => void;
};

type Kept = Session & { passwordHash: string; openedAt: number };

/** A day's work; and more phones than one gateway has owners. */
const lifetimeMs = 12 * 60 * 60_000;
const maxSessions = 50;

/** @param sinceBootMs monotonic ms */
export function newSessions(sinceBootMs: () => number): Sessions {
  // By the cookie's hash: looking it up takes no time that depends on the secret.
  const sessions = new Map<string, Kept>();
  return {
    open(passwordHash) {
      const cookie = randomBytes(32).toString('base64url');
      if (sessions.size >= maxSessions) sessions.delete(sessions.keys().next().value!);
      const formToken = randomBytes(24).toString('base64url');
      sessions.set(hashOf(cookie), { formToken, passwordHash, openedAt: sinceBootMs() });
      return cookie;
    },
    find(cookie, passwordHash) {
      if (cookie === undefined || passwordHash === undefined) return undefined;
      const session = sessions.get(hashOf(cookie));
      if (session === undefined) return undefined;
      if (session.passwordHash === passwordHash && sinceBootMs() - session.openedAt < lifetimeMs)
        return session;
      sessions.delete(hashOf(cookie));
      return undefined;
    },
    close: (cookie) => void (cookie !== undefined && sessions.delete(hashOf(cookie))),
  };
}

/** Whether two texts are one, in a time that tells nothing of where they differ. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(given)), Buffer.from(hashOf(expected)));
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
