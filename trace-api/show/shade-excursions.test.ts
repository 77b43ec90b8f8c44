import { expect, test } from 'vitest';
import { shadesOf } from './shade-excursions.ts';

const shown = { from: 1000, until: 2000 };

test('an excursion is shaded as long as it lasted, and to the end while it lasts', () => {
  expect(shadesOf([{ from: 1100, until: 1300 }], shown, 100)).toEqual([{ from: 1100, until: 1300 }]);
  expect(shadesOf([{ from: 1900, until: null }], shown, 100)).toEqual([{ from: 1900, until: 2000 }]);
});

test('a short one is a pixel wide, and those that would touch are one', () => {
  const short = [1500, 1505, 1600].map((from) => ({ from, until: from + 1 }));
  expect(shadesOf(short, shown, 100)).toEqual([
    { from: 1500, until: 1515 },
    { from: 1600, until: 1610 },
  ]);
});

test('what is not in the time of the chart is not shaded', () => {
  const outside = [
    { from: 0, until: 900 },
    { from: 2100, until: null },
  ];
  expect(shadesOf(outside, shown, 100)).toEqual([]);
  expect(shadesOf([{ from: 0, until: 1200 }], shown, 100)).toEqual([{ from: 1000, until: 1200 }]);
});
