import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitmentOf } from './commitment.ts';

const salt = Uint8Array.from({ length: 16 }, (_, i) => i);
const refusal = expect.objectContaining({ name: 'ProtocolError', code: 'COMMITMENT' });

test('is SHA-256 of salt, name, a zero byte and the canonical value', () => {
  const value = { village: '栖霞', mu: 12 };
  const expected = createHash('sha256')
    .update(salt)
    .update('farmer')
    .update(Uint8Array.of(0))
    .update('{"mu":12,"village":"栖霞"}')
    .digest('hex');
  expect(commitmentOf({ name: 'farmer', value, salt })).toBe(expected);
});

test('differs where any part does', () => {
  const part = fc.record({
    name: fc.stringMatching(/^[a-c]{1,3}$/),
    value: fc.oneof(fc.stringMatching(/^[a-c"]{0,3}$/), fc.nat({ max: 3 }), fc.constantFrom(null, [], {})),
    salt: fc.uint8Array({ minLength: 16, maxLength: 16, max: 2 }),
  });
  fc.assert(
    fc.property(part, part, (a, b) => {
      const same =
        JSON.stringify([a.name, a.value, ...a.salt]) === JSON.stringify([b.name, b.value, ...b.salt]);
      expect(commitmentOf(a) === commitmentOf(b)).toBe(same);
    }),
  );
});

test.each([
  ['a salt of 15', { salt: salt.slice(1) }],
  ['a salt of 17', { salt: Uint8Array.of(...salt, 0) }],
  ['no name', { name: '' }],
  ['a name of 65', { name: 'x'.repeat(65) }],
  // else the name's end could pass for the value's beginning
  ['a zero in the name', { name: 'a\0' }],
  ['half a character', { name: '\ud83c' }],
  ['what is no JSON', { value: undefined }],
  ['NaN', { value: Number.NaN }],
])('refuses %s', (_, change) => {
  expect(() => commitmentOf({ name: 'a', value: 1, salt, ...change })).toThrow(refusal);
});
