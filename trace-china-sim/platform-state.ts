import { type FaultSwitch, faultSwitch } from './fault.ts';
import { type Home, newSecret, saveRecords, writeClientKit } from './home.ts';
import type { Record } from './record.ts';
import type { Algorithm, Encoding } from './signing.ts';
import { type Tokens, newTokens } from './tokens.ts';

/** How one platform answers; changed by its operator, who is `/admin`. */
export type PlatformState = {
  home: Home;
  faults: FaultSwitch;
  tokens: Tokens;
  algorithm: Algorithm;
  encoding: Encoding;
  /** Unix ms on the platform's clock */
  now: () => number;
  setClockOffset: (offsetMs: number) => void;
  /** whether a nonce is seen for the first time */
  isFresh: (nonce: string) => boolean;
  putRecord: (record: Record) => void;
  /** a new secret, valid at once beside the one before it; older ones end */
  rotateSecret: () => string;
};

/** Nonces count for ten minutes, twice the tolerated skew; a client that sends more than these is refused. */
const nonceLifetimeMs = 600_000;
const maxNonces = 100_000;

export function newPlatformState(
  home: Home,
  options: { algorithm: Algorithm; encoding: Encoding; tokenLifetimeS: number },
): PlatformState {
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const seen = new Map<string, number>();
  return {
    home,
    faults: faultSwitch(),
    tokens: newTokens(options.tokenLifetimeS),
    algorithm: options.algorithm,
    encoding: options.encoding,
    now,
    setClockOffset: (next) => void (offsetMs = next),
    isFresh(nonce) {
      for (const [old, at] of seen) {
        if (now() - at < nonceLifetimeMs) break;
        seen.delete(old);
      }
      if (seen.has(nonce) || seen.size >= maxNonces) return false;
      seen.set(nonce, now());
      return true;
    },
    putRecord(record) {
      home.records.set(record.traceCode, record);
      saveRecords(home);
    },
    rotateSecret() {
      const { client } = home.keys;
      const secret = newSecret();
      client.secrets = [secret, ...client.secrets].slice(0, 2);
      return secret;
    },
  };
}

/** Puts what the client needs to know where it can read it. */
export function publishClientKit(state: PlatformState, url: string): string {
  return writeClientKit(state.home, url, { algorithm: state.algorithm, encoding: state.encoding });
}
