import { expect, test } from 'vitest';
import { newTally, summarize, tallied } from './summary.ts';

test('a summary adds the devices up, by fault, with what is expected of the gateway', () => {
  const rows = ['orchard-01', 'soil-02'].map((device, i) => {
    const tally = newTally();
    for (const fault of [null, null, 'replay', 'gap'] as const) tally.sent(fault);
    for (const fault of [null, 'gap'] as const) tally.acknowledged(fault);
    tally.overwritten(i);
    return tallied(tally, { device, key: 1, boot: 2, seq: 4, waiting: 2 });
  });
  const summary = summarize(
    { broker: 'mqtt://127.0.0.1:1883', gateway: 'gw-1', seed: 'a', startedAt: 1, endedAt: 2 },
    rows,
  );
  expect(summary).toMatchObject({
    sent: 8,
    acknowledged: 4,
    good: { sent: 4, acknowledged: 2 },
    faults: {
      replay: { sent: 2, acknowledged: 0, expected: 'deduplicated', code: 'DUPLICATE' },
      gap: { sent: 2, acknowledged: 2, expected: 'accepted' },
    },
    waiting: 4,
    overwritten: 1,
  });
  expect(Object.keys(summary.faults).toSorted()).toEqual(['gap', 'replay']);
  expect(summary.devices[1]).toMatchObject({ device: 'soil-02', boot: 2, seq: 4, sent: 4, overwritten: 1 });
});
