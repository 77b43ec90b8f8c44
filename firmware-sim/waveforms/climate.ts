import { autoregressive, interpolate, noiseKey, weather } from './noise.ts';

/** The Loess plateau at Luochuan, Shaanxi, which is where the apples are. */
const site = { latitude: 35.76, longitude: 109.43 } as const;

const dayMs = 86_400_000;
const yearMs = 365.2422 * dayMs;
const radians = Math.PI / 180;

/** Hours 0 to 24 by the sun over the site, which runs 42 minutes behind the clock in Beijing. */
function solarHour(timeMs: number): number {
  return (((timeMs / 3_600_000 + site.longitude / 15) % 24) + 24) % 24;
}

/** 1 at the warmest time of the day (14:30 by the sun), −1 at the coldest: two harmonics, so that mornings climb steeper. */
export function dailyCycle(timeMs: number, warmestHour = 14.5): number {
  const angle = (2 * Math.PI * (solarHour(timeMs) - warmestHour)) / 24;
  return (Math.cos(angle) + 0.2 * Math.cos(2 * angle) + 0.1 * Math.sin(2 * angle)) / 1.2;
}

/** 1 on about 20 July, −1 half a year from it; `lagDays` for what follows the air. */
export function seasonalCycle(timeMs: number, lagDays = 0): number {
  return Math.cos(2 * Math.PI * ((timeMs - (200 + lagDays) * dayMs) / yearMs));
}

/** The sine of the sun's elevation at the site, negative at night (Cooper's declination). */
export function sunHeight(timeMs: number): number {
  const declination = 23.44 * radians * Math.sin(2 * Math.PI * (timeMs / yearMs - 80 / 365.25));
  const latitude = site.latitude * radians;
  const hourAngle = 15 * radians * (solarHour(timeMs) - 12);
  return (
    Math.sin(latitude) * Math.sin(declination) +
    Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle)
  );
}

/** Share of the clear sky's light that comes through: 0.3 under thick cloud, 1 under none. */
export function clearness(seed: string, timeMs: number): number {
  return 0.65 + 0.35 * Math.tanh(weather(noiseKey(seed, 'cloud'), timeMs));
}

/** Air temperature in °C two metres above the ground. One weather for one seed: neighbours feel the same front. */
export function airTemperature(seed: string, timeMs: number): number {
  const amplitude = 5.5 * (0.6 + 0.4 * clearness(seed, timeMs));
  return meanTemperature(seed, timeMs) + amplitude * dailyCycle(timeMs);
}

/** Dew point in °C: it follows the season and the air mass, not the hour, hence dry afternoons and dewy mornings. */
export function dewPoint(seed: string, timeMs: number): number {
  return meanTemperature(seed, timeMs) - 6 + 1.5 * weather(noiseKey(seed, 'moisture'), timeMs);
}

function meanTemperature(seed: string, timeMs: number): number {
  const front = interpolate((k) => autoregressive(noiseKey(seed, 'front'), k, 0.9), timeMs, 6 * 3_600_000);
  return 10 + 13.5 * seasonalCycle(timeMs) + 1.2 * front;
}
