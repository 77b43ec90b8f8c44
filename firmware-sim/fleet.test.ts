import { expect, test } from 'vitest';
import { fleet } from './fleet.ts';

test('a mixed fleet goes round the kinds, and a device keeps its name when the fleet grows', () => {
  expect(fleet('mix', 4).map(({ device }) => device)).toEqual([
    'orchard-01',
    'soil-02',
    'truck-03',
    'orchard-04',
  ]);
  expect(fleet('mix', 120).slice(0, 4)).toEqual(fleet('mix', 4));
  expect(fleet('truck', 2)).toEqual([
    { device: 'truck-01', kind: 'truck' },
    { device: 'truck-02', kind: 'truck' },
  ]);
});
