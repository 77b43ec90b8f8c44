import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Store, readSetting, writeSetting } from '../keep/store.ts';

/**
 * The one identity besides devices that may connect to the embedded broker: somebody who listens for alarms and does
 * nothing else. User name `operator`, client id `operator:` and anything; no device id has a colon.
 */
export type Operator = {
  /** whether a connection calls itself an operator, rightly or not */
  isNamed: (clientId: string) => boolean;
  authenticates: (username: string | undefined, token: Uint8Array) => boolean;
  /** names the token that counts now; another one after it was renewed */
  credential: () => string | undefined;
};

const settingName = 'operatorTokenHash';

export function openOperator(store: Store): Operator {
  return {
    isNamed: (clientId) => clientId.startsWith('operator:'),
    authenticates(username, token) {
      const expected = readSetting(store, settingName);
      return (
        username === 'operator' &&
        expected !== undefined &&
        timingSafeEqual(Buffer.from(expected, 'hex'), hashToken(token))
      );
    },
    credential: () => readSetting(store, settingName),
  };
}

/** Makes a new token, which takes the place of the one before; only its hash is kept. 32 random bytes need no slow hash. */
export function renewOperatorToken(store: Store): string {
  const token = randomBytes(32).toString('base64url');
  writeSetting(store, settingName, hashToken(Buffer.from(token)).toString('hex'));
  return token;
}

/** Where alarms are published; `ty/v1/{gateway}/{device}/up` has a level more, so no device is called that. */
export function alarmTopic(gateway: string): string {
  return `ty/v1/${gateway}/alarm`;
}

function hashToken(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest();
}
