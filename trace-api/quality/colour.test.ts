import { describe, expect, test } from 'vitest';
import { type Lab, type Rgb, cielab, citrusColourIndex, hunterLab } from './colour.ts';

const expectClose = (lab: Lab, [l, a, b]: [number, number, number]) => {
  expect(lab.l).toBeCloseTo(l, 1);
  expect(lab.a).toBeCloseTo(a, 1);
  expect(lab.b).toBeCloseTo(b, 1);
};

describe('CIELAB of sRGB', () => {
  // The primaries and secondaries of sRGB in CIELAB, D65, as published in many tables (for example Lindbloom's calculator).
  test.each<[string, Rgb, [number, number, number]]>([
    ['white', [255, 255, 255], [100, 0, 0]],
    ['black', [0, 0, 0], [0, 0, 0]],
    ['red', [255, 0, 0], [53.2, 80.1, 67.2]],
    ['green', [0, 255, 0], [87.7, -86.2, 83.2]],
    ['blue', [0, 0, 255], [32.3, 79.2, -107.9]],
    ['yellow', [255, 255, 0], [97.1, -21.6, 94.5]],
    ['orange', [255, 165, 0], [74.9, 23.9, 79.0]],
  ])('of %s', (_name, rgb, lab) => expectClose(cielab(rgb), lab));
});

describe('Hunter L, a, b of sRGB', () => {
  test('by its definition, worked out apart', () => {
    // Orange: X 0.5469, Y 0.4817, Z 0.0643 of a white of 0.9505, 1, 1.0888; Ka 172.36, Kb 67.04.
    expectClose(hunterLab([255, 165, 0]), [69.4, 23.3, 40.8]);
    expectClose(hunterLab([255, 255, 255]), [100, 0, 0]);
    expectClose(hunterLab([0, 0, 0]), [0, 0, 0]);
  });
});

describe('the citrus colour index', () => {
  test.each<[string, Rgb, number, number]>([
    ['a dark green lime', [60, 100, 40], -45, -25],
    ['a green orange', [110, 140, 50], -22, -10],
    ['a lemon', [230, 200, 60], -3, 2],
    ['an orange', [240, 150, 30], 6, 12],
    ['a deep orange mandarin', [230, 100, 20], 16, 30],
  ])('of %s', (_name, rgb, from, to) => {
    const index = citrusColourIndex(rgb);
    expect(index).toBeGreaterThan(from);
    expect(index).toBeLessThan(to);
  });

  test('says nothing of what has no yellow in it', () => {
    expect(citrusColourIndex([40, 40, 200])).toBeNaN();
    expect(citrusColourIndex([0, 0, 0])).toBeNaN();
  });
});
