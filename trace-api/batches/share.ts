import { type Message, type QuantityName, plainReadings } from '@tianyuan/protocol';
import { batchOf } from './batch.ts';
import type { Settled } from '../ingest/settle-entries.ts';

/** What messages that name no batch are kept under, so that a bound device's readings are found by device and time. */
const unnamed = '';

/** The verified messages of one upload that one device sent for one batch, or for none that it named. */
export type Share = {
  /** {@link unnamed} where the messages name none */
  batchId: string;
  device: string;
  /** ascending */
  indices: number[];
  series: Series[];
};

/**
 * The readings of one sensor in a share, ordered by time: device time in Unix ms, values in the scaled unit, and the index
 * of the entry that each is from. An unnamed sensor is the empty string.
 */
export type Series = {
  type: QuantityName;
  sensor: string;
  times: number[];
  values: number[];
  indices: number[];
};

type Point = [time: number, value: number, index: number];
type Growing = { share: Share; points: Map<string, { type: QuantityName; sensor: string; points: Point[] }> };

/** What verified messages give to the batches that they name, and what they measured without naming one. Pure. */
export function sharesOf(
  settled: readonly Pick<Settled, 'index' | 'verified' | 'flag' | 'message'>[],
): Share[] {
  const shares = new Map<string, Growing>();
  for (const { message, verified, index, flag } of settled) {
    if (!verified || message === null) continue;
    // A curve would reach into the future.
    const readings = flag === 'CLOCK_SKEW' ? [] : plainReadings(message);
    const batchId = batchOf(message) ?? unnamed;
    // What neither names a batch nor measured anything belongs to no curve, and is found in the log.
    if (batchId === unnamed && readings.length === 0) continue;
    const { share, points } = growing(shares, batchId, message);
    share.indices.push(index);
    for (const { type, sensor, time, value } of readings) {
      const name = `${type}/${sensor}`;
      let found = points.get(name);
      if (found === undefined) {
        found = { type, sensor, points: [] };
        points.set(name, found);
      }
      found.points.push([time, value, index]);
    }
  }
  return [...shares.values()].map(({ share, points }) => ({
    ...share,
    series: [...points.values()].map((one) => toSeries(one.type, one.sensor, one.points)),
  }));
}

function growing(shares: Map<string, Growing>, batchId: string, { device }: Message): Growing {
  const name = `${batchId}/${device}`;
  let found = shares.get(name);
  if (found === undefined) {
    found = { share: { batchId, device, indices: [], series: [] }, points: new Map() };
    shares.set(name, found);
  }
  return found;
}

function toSeries(type: QuantityName, sensor: string, points: Point[]): Series {
  points.sort(([a], [b]) => a - b);
  return {
    type,
    sensor,
    times: points.map(([time]) => time),
    values: points.map(([, value]) => value),
    indices: points.map(([, , index]) => index),
  };
}
