import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cursor, advance, cursorSchema } from './cursor.ts';

const hashOf = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;
const genesisHash = hashOf(0);

function walk(steps: number[]): { cursor: Cursor; newest: number } {
  let cursor: Cursor = { genesisHash, recent: [{ number: 0, hash: hashOf(0) }] };
  let newest = 0;
  for (const step of steps) {
    newest += step;
    cursor = advance(cursor, { number: newest, hash: hashOf(newest) });
  }
  return { cursor, newest };
}

const steps = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 400 });

test('a cursor stays small, newest first, with the start at its end', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const { cursor, newest } = walk(taken);
      expect(cursorSchema.parse(cursor)).toEqual(cursor);
      const numbers = cursor.recent.map(({ number }) => number);
      expect(numbers[0]).toBe(newest);
      expect(numbers.at(-1)).toBe(0);
      expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
      expect(numbers.length).toBeLessThanOrEqual(64);
    }),
  );
});

test('a chain that went back d blocks is met again within 4 d', () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 5000 }), fc.integer({ min: 0, max: 4000 }), (length, depth) => {
      const { cursor } = walk(Array.from({ length }, () => 1));
      const common = Math.max(0, length - depth);
      const met = cursor.recent.find(({ number }) => number <= common)!;
      expect(length - met.number).toBeLessThanOrEqual(Math.max(10, 4 * depth));
    }),
  );
});
