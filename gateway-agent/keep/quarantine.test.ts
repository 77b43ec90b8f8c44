import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newTestStore } from '../test-store.ts';
import { openQuarantine } from './quarantine.ts';

const refusal = { code: 'MALFORMED', detail: 'not JSON' } as const;
const from = (payload: Uint8Array) => ({ device: 'device-1', payload, receivedAt: 1 });

function openTestQuarantine(maxBytes: number) {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  const rows = () =>
    store.sqlite.prepare('SELECT id, detail, payload FROM quarantine ORDER BY id').all() as {
      id: number;
      detail: string;
      payload: Buffer;
    }[];
  return { store, rows, quarantine: openQuarantine(store, maxBytes) };
}

describe('quarantine', () => {
  test('the oldest make room', () => {
    const { quarantine, rows } = openTestQuarantine(10_000);
    for (let i = 1; i <= 10; i++) quarantine.put(from(Buffer.alloc(2_000, i)), refusal);
    expect(rows().map(({ payload }) => payload[0])).toEqual([8, 9, 10]); // 3 x (2,000 + 1,024)
  });

  test('empty payloads count too: a device cannot fill the disk with nothing', () => {
    const { quarantine, rows } = openTestQuarantine(10_240);
    for (let i = 0; i < 100; i++) quarantine.put(from(Buffer.alloc(0)), refusal);
    expect(rows()).toHaveLength(10);
  });

  test('keeps the beginning of what is too large, and of a cause that quotes the device', () => {
    const { quarantine, rows } = openTestQuarantine(1_000_000);
    quarantine.put(from(Buffer.alloc(200_000, 7)), { code: 'TOO_LARGE', detail: '界'.repeat(10_000) });
    expect(rows()).toMatchObject([{ detail: '界'.repeat(200), payload: Buffer.alloc(16_384, 7) }]);
  });

  test('has no room for what is larger than all of it', () => {
    const { quarantine, rows } = openTestQuarantine(1);
    quarantine.put(from(Buffer.alloc(5)), refusal);
    quarantine.put(from(Buffer.alloc(0)), refusal);
    expect(rows()).toEqual([]);
  });

  test('goes on within the budget after a restart', () => {
    const { store, quarantine, rows } = openTestQuarantine(10_000);
    for (let i = 1; i <= 3; i++) quarantine.put(from(Buffer.alloc(2_000, i)), refusal);
    openQuarantine(store, 10_000).put(from(Buffer.alloc(2_000, 4)), refusal);
    expect(rows().map(({ payload }) => payload[0])).toEqual([2, 3, 4]);
    openQuarantine(store, 4_000).put(from(Buffer.alloc(0)), refusal); // the owner gave it less
    expect(rows().map(({ payload }) => payload.length)).toEqual([0]);
  });

  test('holds its budget whatever is put and whatever is rolled back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ size: fc.nat({ max: 5_000 }), rolledBack: fc.boolean() }), { maxLength: 30 }),
        (puts) => {
          const { store, remove } = newTestStore();
          try {
            const quarantine = openQuarantine(store, 12_000);
            for (const { size, rolledBack } of puts) {
              store.sqlite.exec('BEGIN');
              quarantine.put(from(Buffer.alloc(size)), refusal);
              store.sqlite.exec(rolledBack ? 'ROLLBACK' : 'COMMIT');
              if (rolledBack) quarantine.restore();
            }
            const kept = puts.filter(({ rolledBack }) => !rolledBack).map(({ size }) => size);
            const sizes = store.sqlite
              .prepare('SELECT LENGTH(payload) FROM quarantine ORDER BY id')
              .pluck()
              .all() as number[];
            const cost = (list: number[]) => list.reduce((sum, size) => sum + size + 1024, 0);
            expect(cost(sizes)).toBeLessThanOrEqual(12_000);
            expect(sizes).toEqual(kept.slice(kept.length - sizes.length));
            // Nothing was thrown away for which there was room.
            const oneMore = kept.slice(Math.max(0, kept.length - sizes.length - 1));
            if (oneMore.length > sizes.length) expect(cost(oneMore)).toBeGreaterThan(12_000);
          } finally {
            remove();
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('counts for ever, by code', () => {
    const { store, quarantine } = openTestQuarantine(1);
    for (const code of ['MALFORMED', 'DUPLICATE', 'MALFORMED']) quarantine.count(code);
    expect(openQuarantine(store, 1).counts()).toEqual({ DUPLICATE: 1, MALFORMED: 2 });
  });
});
