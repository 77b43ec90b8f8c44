import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../encoding/bytes.ts';
import { type Tombstone, encodeTombstone, parseTombstone } from './tombstone.ts';

const tombstone: Tombstone = {
  from: 0,
  to: 300,
  reason: 'evicted',
  devices: [
    { device: 'truck-1', key: 1, boot: 2, batch: '脐橙-1', firstSeq: 1, lastSeq: 299, count: 298 },
    { device: 'truck-1', key: 1, boot: 2, firstSeq: 300, lastSeq: 300, count: 1 },
  ],
};

describe('a tombstone', () => {
  test('says what it was told, in canonical form, with its nonce', () => {
    const payload = encodeTombstone(tombstone, new Uint8Array(16).fill(7));
    expect(parseTombstone(payload)).toEqual(tombstone);
    expect(new TextDecoder().decode(payload)).toMatch(
      /^\{"devices":.*"nonce":"(07){16}","reason":"evicted","to":300,"v":1\}$/,
    );
  });

  test.each([
    ['no JSON', 'x'],
    ['another version', JSON.stringify({ ...tombstone, v: 2, nonce: '0'.repeat(32) })],
    ['no nonce', JSON.stringify({ ...tombstone, v: 1 })],
    ['an empty range', JSON.stringify({ ...tombstone, to: 0, v: 1, nonce: '0'.repeat(32) })],
    [
      'a range that ends before it begins',
      JSON.stringify({ ...tombstone, from: 301, v: 1, nonce: '0'.repeat(32) }),
    ],
    ['another reason', JSON.stringify({ ...tombstone, reason: 'shame', v: 1, nonce: '0'.repeat(32) })],
  ])('is not %s', (_, text) => {
    expect(parseTombstone(utf8ToBytes(text))).toBeUndefined();
  });
});
