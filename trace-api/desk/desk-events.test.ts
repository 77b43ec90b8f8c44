import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMessage, signMessage } from '@tianyuan/protocol';
import { gramsOf, handOverEvent, harvestEvent } from './desk-events.ts';

const amount = { gtin: '06901234567892', lot: 'GN/2026 11'.replace(' ', '-'), grams: 12_500 };
const envelope = { v: 1, device: 'li-wei', key: 1, boot: 1, seq: 1, time: 1 } as const;
const at = Date.UTC(2026, 10, 18, 1);

describe('what the desk signs', () => {
  test.each([
    ['a harvest', harvestEvent(amount, '七号 地', at)],
    ['a hand-over', handOverEvent(amount, { from: '91110000600037341L', to: '91110108551385082Q' }, at)],
  ])('%s is an event that a message can carry, of whole grams', (_, event) => {
    const payload = signMessage({ ...envelope, event }, () => new Uint8Array(64));
    expect(parseMessage(payload).message).toMatchObject({ event });
    expect(event.quantityList).toEqual([
      { epcClass: 'https://id.gs1.org/01/06901234567892/10/GN%2F2026-11', quantity: 12_500, uom: 'GRM' },
    ]);
  });

  test('names a plot by an id in any script', () => {
    expect(harvestEvent(amount, '七号 地', at).readPoint.id).toBe(
      'urn:tianyuan:plot:%E4%B8%83%E5%8F%B7%20%E5%9C%B0',
    );
  });
});

describe('kilograms', () => {
  test('are read to the gram, whatever they are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), (grams) => {
        const text = `${Math.floor(grams / 1000)}.${String(grams % 1000).padStart(3, '0')}`;
        expect(gramsOf(text)).toBe(grams);
      }),
    );
  });
  test.each(['', '0', '0.000', '-1', '1e3', '1,5', '.5', '1.', '1.0005', '１', '1000000.001', 'kg'])(
    '%j are none',
    (text) => expect(gramsOf(text)).toBeUndefined(),
  );
});
