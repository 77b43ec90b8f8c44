import type { ClockState } from '@tianyuan/protocol';
import { type DeviceState, type SeriesState, maxSeries, seriesName } from './device-state.ts';
import { type MessageFlag, messageFlags } from './flag.ts';
import { judgeReading } from './judge-reading.ts';
import { type Observed, type PackedReadings, unpackReadings } from './packed-readings.ts';
import type { DeviceRules } from './rule-set.ts';

/** A verified message as far as it is judged. */
export type Judgeable = { keyId: number; boot: number; seq: number; time: number; readings: PackedReadings };

/** The gateway's side: when the message came, and how good the clock is that says so. */
export type Receipt = { receivedAt: number; clock: ClockState };

/** No device is older: a clock that was never set begins at 1970, or at its firmware's epoch, 2000 for many. */
const earliestTime = Date.UTC(2020, 0, 1);

const flagOrder = Object.keys(messageFlags) as MessageFlag[];

/**
 * What is odd about a message, by the rules and by what its device said before, and what is remembered of it. Pure.
 *
 * Only the newest message in the device's own order (key, boot, seq) is compared with what was remembered: what comes late
 * fills a hole, and proves nothing about speed. A time that cannot be true is not remembered either, so that one glitch of
 * a clock does not make everything after it look wrong.
 */
export function judgeMessage(
  message: Judgeable,
  receipt: Receipt,
  previous: DeviceState | undefined,
  rules: DeviceRules,
): { flags: MessageFlag[]; state: DeviceState } {
  const found = new Set<MessageFlag>();
  const isNewest = previous === undefined || compareOrder(message, previous) > 0;
  const sameBoot = previous?.keyId === message.keyId && previous.boot === message.boot;
  judgeTime(message, receipt, rules, found);
  const timeCounts = !found.has('CLOCK_SKEW');

  if (isNewest) {
    if (message.seq > (sameBoot ? previous.seq : 0) + 1 && previous !== undefined) found.add('GAP');
    if (previous !== undefined && previous.time > 0 && timeCounts) {
      if (sameBoot && message.time < previous.time) found.add('PAST_TIME');
      if (message.time - previous.time > 2 * rules.expectedIntervalMs) found.add('SILENCE');
    }
  }
  const series = judgeReadings(message, isNewest && timeCounts, previous?.series ?? {}, rules, found);
  const { keyId, boot, seq, time } = message;
  const state: DeviceState = !isNewest
    ? previous
    : { keyId, boot, seq, time: timeCounts ? time : (previous?.time ?? 0), series };
  return { flags: found.size === 0 ? noFlags : flagOrder.filter((flag) => found.has(flag)), state };
}

const noFlags: MessageFlag[] = [];

/** The device's own order. Keys are enrolled in the order of their rotation, so that a younger one has the larger id. */
function compareOrder(message: Judgeable, state: DeviceState): number {
  return message.keyId - state.keyId || message.boot - state.boot || message.seq - state.seq;
}

/** A gateway whose own clock is not known to be right has nothing to hold against a device's. */
function judgeTime(
  { time }: Judgeable,
  { receivedAt, clock }: Receipt,
  { maxAheadMs, maxAgeMs }: DeviceRules,
  found: Set<MessageFlag>,
): void {
  const isKnown = clock !== 'unknown';
  if (time < earliestTime || (isKnown && time - receivedAt > maxAheadMs)) found.add('CLOCK_SKEW');
  else if (isKnown && receivedAt - time > maxAgeMs) found.add('PAST_TIME');
}

function judgeReadings(
  { time, readings }: Judgeable,
  compare: boolean,
  previous: Readonly<Record<string, SeriesState>>,
  rules: DeviceRules,
  found: Set<MessageFlag>,
): Readonly<Record<string, SeriesState>> {
  const series = { ...previous };
  for (const reading of oldestFirst(unpackReadings(readings))) {
    const name = seriesName(reading.type, reading.sensor);
    const known = compare ? series[name] : undefined;
    const { flags, state } = judgeReading(reading, time - reading.dt, known, rules.quantities[reading.type]);
    for (const flag of flags) found.add(flag);
    series[name] = state;
  }
  return compare ? forgetOldest(series) : previous;
}

/** Whatever order the device wrote them in. */
function oldestFirst(readings: Observed[]): Observed[] {
  return readings.length === 1 ? readings : readings.toSorted((a, b) => b.dt - a.dt);
}

function forgetOldest(series: Record<string, SeriesState>): Record<string, SeriesState> {
  const names = Object.keys(series);
  if (names.length <= maxSeries) return series;
  const newest = names.toSorted((a, b) => series[b]!.time - series[a]!.time).slice(0, maxSeries);
  return Object.fromEntries(newest.map((name) => [name, series[name]!]));
}
