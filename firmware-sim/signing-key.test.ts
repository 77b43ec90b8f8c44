import {
  newSecretKey,
  signCoseMessage,
  signEd25519,
  signMessage,
  type UnsignedReadings,
} from '@tianyuan/protocol';
import { expect, test } from 'vitest';
import { messageSigner } from './signing-key.ts';

test.each([
  ['json', signMessage],
  ['cose', signCoseMessage],
] as const)('signs the very bytes that the portable implementation signs, as %s', (profile, signAs) => {
  const message: UnsignedReadings = {
    v: 1,
    device: 'orchard-01',
    key: 1,
    boot: 1,
    seq: 1,
    time: 0,
    readings: [{ type: 'co2', value: 418 }],
  };
  for (let i = 0; i < 10; i++) {
    const secretKey = newSecretKey();
    const portable = signAs({ ...message, seq: i + 1 }, (input) => signEd25519(secretKey, input));
    expect(messageSigner(secretKey, profile)({ ...message, seq: i + 1 })).toEqual(portable);
  }
});
