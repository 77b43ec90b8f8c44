import { randomBytes } from 'node:crypto';

/** Access tokens by client credentials, RFC 6749 section 4.4. */
export type Tokens = {
  issue: (now: number) => { access_token: string; token_type: 'Bearer'; expires_in: number };
  accepts: (token: string, now: number) => boolean;
  forget: () => void;
};

const maxTokens = 1_000; // the oldest end first: a client needs one

export function newTokens(lifetimeS: number): Tokens {
  const until = new Map<string, number>();
  return {
    issue(now) {
      const token = randomBytes(24).toString('base64url');
      until.set(token, now + lifetimeS * 1_000);
      if (until.size > maxTokens) until.delete(until.keys().next().value!);
      return { access_token: token, token_type: 'Bearer', expires_in: lifetimeS };
    },
    accepts: (token, now) => (until.get(token) ?? 0) > now,
    forget: () => until.clear(),
  };
}
