import { expect, test } from 'vitest';
import { bytesToHex } from '../encoding/bytes.ts';
import { logId, logIdHex } from './log-id.ts';

test('a log id is the SHA-256 of its origin', () => {
  // printf gw-7.farm-3.example | sha256sum
  expect(logIdHex('gw-7.farm-3.example')).toBe(
    '5e8f82f84f28948117623472380a798aab98631930e564d1c087eb79aac33092',
  );
  expect(bytesToHex(logId('gw-7.farm-3.example'))).toBe(logIdHex('gw-7.farm-3.example'));
});
