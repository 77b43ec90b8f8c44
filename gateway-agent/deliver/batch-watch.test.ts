import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newBatchWatch } from './batch-watch.ts';

test('a batch closes when its last device turns to another one, or to none', () => {
  const watch = newBatchWatch(1000);
  expect(watch.see('truck', 'a', 0)).toEqual([]);
  expect(watch.see('box', 'a', 1)).toEqual([]);
  expect(watch.see('truck', 'b', 2)).toEqual([]); // the box still carries it
  expect(watch.see('box', undefined, 3)).toEqual(['a']);
  expect(watch.see('truck', 'b', 4)).toEqual([]);
  expect(watch.see('truck', 'c', 5)).toEqual(['b']);
  expect(watch.see('unbound', undefined, 6)).toEqual([]);
});

test('a batch closes when nobody has named it for the quiet time', () => {
  const watch = newBatchWatch(1000);
  watch.see('truck', 'a', 0);
  watch.see('box', 'b', 500);
  expect(watch.closeQuiet(999)).toEqual([]);
  expect(watch.closeQuiet(1000)).toEqual(['a']);
  watch.see('box', 'b', 1400);
  expect(watch.closeQuiet(1600)).toEqual([]);
  expect(watch.closeQuiet(2400)).toEqual(['b']);
  expect(watch.closeQuiet(9999)).toEqual([]);
});

test('like a naive list of who carries what', () => {
  const steps = fc.array(
    fc.record({
      device: fc.constantFrom('x', 'y', 'z'),
      batch: fc.constantFrom('a', 'b', 'c', undefined),
      ms: fc.nat(800),
    }),
  );
  fc.assert(
    fc.property(steps, (all) => {
      const watch = newBatchWatch(1000);
      const naive = new Map<string, { batch: string; at: number }>();
      const carried = () => new Set([...naive.values()].map(({ batch }) => batch));
      let now = 0;
      for (const { device, batch, ms } of all) {
        now += ms;
        const before = carried();
        for (const [name, { at }] of naive) if (now - at >= 1000) naive.delete(name);
        const quiet = [...before].filter((one) => !carried().has(one));
        expect(watch.closeQuiet(now).toSorted()).toEqual(quiet.toSorted());
        const then = carried();
        if (batch === undefined) naive.delete(device);
        else naive.set(device, { batch, at: now });
        expect(watch.see(device, batch, now)).toEqual([...then].filter((one) => !carried().has(one)));
      }
    }),
  );
});
