const minuteMs = 60_000;

/** When what happened on the way, Unix ms. */
export type Journey = {
  loadedAt: number;
  /** the first sensor failed, and another took its place */
  swappedAt: number;
  /** the cooling stood still in between */
  coolingFailedAt: number;
  coolingBackAt: number;
  unloadedAt: number;
};

/** From an evening's loading to the next morning's shop, ending a little before `now`. */
export function journeyBefore(now: number): Journey {
  const unloadedAt = now - 90 * minuteMs;
  return {
    loadedAt: unloadedAt - 14 * 60 * minuteMs,
    swappedAt: unloadedAt - 9 * 60 * minuteMs,
    coolingFailedAt: unloadedAt - 6 * 60 * minuteMs,
    coolingBackAt: unloadedAt - 4.75 * 60 * minuteMs,
    unloadedAt,
  };
}

export type LoggedReading = { time: number; type: 'temperature' | 'humidity'; value: number };

const everyMs = 5 * minuteMs;
const setPoint = 4_600; // m°C
const switching = 700;
/** Towards the air outside while nothing cools, and back: fractions of the difference in a step. */
const warming = 0.045;
const cooling = 0.16;
const outside = 24_000;

/**
 * What the truck's air was, every five minutes: round its set point, and for an hour and a quarter on its way up while the
 * cooling stands still. Pure and the same every time.
 */
export function readingsOf(journey: Journey, from: number, to: number): LoggedReading[] {
  const readings: LoggedReading[] = [];
  let air = setPoint;
  for (let time = journey.loadedAt, step = 0; time < journey.unloadedAt; time += everyMs, step += 1) {
    const broken = time >= journey.coolingFailedAt && time < journey.coolingBackAt;
    const target = setPoint + switching * Math.sin(step / 2.1);
    air += broken ? (outside - air) * warming : (target - air) * cooling;
    if (time < from || time >= to) continue;
    const humidity = 88_000 + 2_500 * Math.sin(step / 5) - (broken ? 6_000 : 0);
    readings.push({ time, type: 'temperature', value: Math.round(air) });
    readings.push({ time, type: 'humidity', value: Math.round(humidity) });
  }
  return readings;
}
