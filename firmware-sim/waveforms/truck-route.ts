import { type NoiseKey, uniform } from './noise.ts';

/** Clock hours in China, UTC+8 all year; a truck keeps office time, not the sun's. */
const zoneMs = 8 * 3_600_000;
const dayMs = 86_400_000;
const minuteMs = 60_000;

type Stop = { latitude: number; longitude: number; arrive: number; depart: number; opens: boolean };

/** One day: loaded at the packing house in Luochuan, south through Tongchuan to Xi'an's shops, and home empty. */
const stops = [
  { latitude: 35.762, longitude: 109.432, arrive: -8.5, depart: 6, opens: true },
  { latitude: 35.585, longitude: 109.262, arrive: 6.8, depart: 7.2, opens: true },
  { latitude: 34.897, longitude: 108.945, arrive: 8.8, depart: 9.2, opens: true },
  { latitude: 34.379, longitude: 108.948, arrive: 10.3, depart: 11, opens: true },
  { latitude: 34.262, longitude: 108.942, arrive: 11.5, depart: 11.9, opens: true },
  { latitude: 34.218, longitude: 108.881, arrive: 12.3, depart: 12.7, opens: true },
  { latitude: 35.762, longitude: 109.432, arrive: 15.5, depart: 30, opens: false },
] as const satisfies readonly Stop[];

/** Number of the day in China, from 1970-01-01. */
export function clockDay(timeMs: number): number {
  return Math.floor((timeMs + zoneMs) / dayMs);
}

export function startOfClockDay(day: number): number {
  return day * dayMs - zoneMs;
}

/** Trucks leave one after another: up to a quarter of an hour early or late, the same every day. */
function punctuality(key: NoiseKey): number {
  return (uniform(key, 0) - 0.5) * 0.5;
}

/** When the cargo door opens and closes in a day, in Unix ms: once at each stop, for two to five minutes. */
export function doorOpenings(key: NoiseKey, day: number): { fromMs: number; toMs: number }[] {
  const lateHours = punctuality(key);
  return stops
    .filter((stop) => stop.opens)
    .map((stop, i) => {
      const lasts = (2 + 3 * uniform(key, 1000 * day + 2 * i + 1)) * minuteMs;
      // Before leaving: the night's stop is long, and nobody loads at midnight.
      const leaves = startOfClockDay(day) + (stop.depart + lateHours) * 3_600_000;
      const fromMs = leaves - lasts - (3 + 8 * uniform(key, 1000 * day + 2 * i + 2)) * minuteMs;
      return { fromMs, toMs: fromMs + lasts };
    });
}

/** [latitude, longitude] in degrees. */
export function positionOnRoute(key: NoiseKey, timeMs: number): [number, number] {
  const hour = hourOfDay(timeMs) - punctuality(key);
  const next = stops.findIndex((stop) => hour < stop.depart);
  const to: Stop = stops[next] ?? stops[stops.length - 1]!;
  const from: Stop = stops[Math.max(0, next - 1)]!;
  if (hour >= to.arrive) return [to.latitude, to.longitude];
  const share = (hour - from.depart) / (to.arrive - from.depart);
  // Pulling away and braking: a truck has no corner in its speed.
  const eased = share * share * (3 - 2 * share);
  return [
    from.latitude + eased * (to.latitude - from.latitude),
    from.longitude + eased * (to.longitude - from.longitude),
  ];
}

/**
 * 1 while the engine runs, 0 while it stands, and in between for the three minutes that a battery takes to follow its
 * alternator.
 */
export function engine(key: NoiseKey, timeMs: number): number {
  const hour = hourOfDay(timeMs) - punctuality(key);
  const rampHours = 0.05;
  let runs = 0;
  stops.slice(1).forEach((stop, i) => {
    const since = hour - stops[i]!.depart;
    const left = stop.arrive + rampHours - hour;
    runs = Math.max(runs, Math.min(1, since / rampHours, left / rampHours));
  });
  return runs;
}

function hourOfDay(timeMs: number): number {
  return (timeMs - startOfClockDay(clockDay(timeMs))) / 3_600_000;
}
