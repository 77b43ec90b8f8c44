import { describe, expect, test } from 'vitest';
import type { Curve } from '../batches/batch-view.ts';
import { sampleBatch, truckHumidity, truckTemperature } from './fixture/sample-batch.ts';
import { findGaps, judgeBatch } from './judge-batch.ts';

const without = (curve: Curve, from: number, to: number): Curve => ({
  ...curve,
  points: curve.points.filter((_, i) => i < from || i >= to),
});

const { status } = sampleBatch();

describe('a batch is judged', () => {
  test.each(['recalled', 'on_hold', 'expired'] as const)(
    'not for sale where it is %s, whatever was measured',
    (state) => {
      const text = { zh: '一级召回：农残超标', en: 'class I recall: residue' };
      const reason = { status: state, text, batchId: 'b', index: 7, at: 1, by: 'owner' };
      const judged = { status: state, reasons: [reason], expiresAt: null };
      expect(judgeBatch(sampleBatch({ status: judged, contradicted: ['gw'] }))).toEqual({
        kind: 'not for sale',
        status: state,
        reasons: [text],
      });
    },
  );

  test('cold where an agreed temperature is at most 10 °C', () => {
    expect(judgeBatch(sampleBatch())).toEqual({ kind: 'within', count: 5760, cold: true, gaps: 0 });
    const warm = { ...truckTemperature(), limits: { min: 0, max: 25_000 } };
    expect(judgeBatch({ contradicted: [], story: null, status, curves: [warm] })).toMatchObject({
      kind: 'within',
      cold: false,
    });
    const frozenOrMore = { ...truckTemperature(), limits: { min: 0, max: null } };
    expect(judgeBatch({ contradicted: [], story: null, status, curves: [frozenOrMore] })).toMatchObject({
      kind: 'within',
      cold: false,
    });
  });

  test('by the readings that have limits alone', () => {
    const free = { ...truckHumidity(), limits: null, outside: 0 };
    expect(
      judgeBatch({
        contradicted: [],
        story: null,
        status,
        curves: [truckTemperature('truck-07', 9600), free],
      }),
    ).toEqual({
      kind: 'outside',
      count: 2880,
      outside: 63,
    });
    expect(judgeBatch({ contradicted: [], story: null, status, curves: [free] })).toEqual({
      kind: 'no limits',
      count: 2880,
    });
    expect(
      judgeBatch({
        contradicted: [],
        story: null,
        status,
        curves: [{ ...free, limits: { min: null, max: null } }],
      }).kind,
    ).toBe('no limits');
  });

  test('not at all before the first reading', () => {
    expect(judgeBatch({ contradicted: [], story: null, status, curves: [] }).kind).toBe('no readings');
    expect(
      judgeBatch({
        contradicted: [],
        story: null,
        status,
        curves: [{ ...truckTemperature(), points: [], count: 0 }],
      }).kind,
    ).toBe('no readings');
  });

  test('with the gaps in which nobody measured', () => {
    expect(
      judgeBatch({
        contradicted: [],
        story: null,
        status,
        curves: [without(truckTemperature(), 100, 130), truckHumidity()],
      }),
    ).toMatchObject({
      gaps: 1,
    });
  });
});

describe('a gap', () => {
  test('is told by the point before it', () => {
    expect(findGaps(without(truckTemperature(), 100, 130))).toEqual([99]);
  });

  test('is not a single missed bucket, nor anything in a curve too short to have a rhythm', () => {
    expect(findGaps(without(truckTemperature(), 100, 102))).toEqual([]);
    expect(findGaps(without(truckTemperature(), 2, 282))).toEqual([1]);
    expect(findGaps(without(truckTemperature(), 2, 283))).toEqual([]);
  });
});
