import { dailyCycle, seasonalCycle } from './climate.ts';
import { autoregressive, gaussian, interpolate, noiseKey, sensorNoise, uniform } from './noise.ts';
import type { Waveform } from './waveform.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** How long a watering takes to sink to the probe, and how slowly roots and sun take it away again. */
const soaking = { riseMs: 0.5 * hourMs, dryMs: 5 * dayMs } as const;
/** After this many days an old watering is under 0.3% of what it was. */
const rememberedDays = 30;

/** A probe at root depth under drip irrigation: moisture, acidity, temperature. */
export function soil(seed: string, device: string): Waveform {
  const key = (name: string) => noiseKey(seed, device, name);
  const keys = {
    watering: key('watering'),
    moisture: key('moisture'),
    drift: key('drift'),
    acidity: key('acidity'),
    temperature: key('temperature'),
    battery: key('battery'),
  };
  const neutral = 6.6 + 0.15 * gaussian(key('spot'), 0);
  const water = (timeMs: number) => irrigation(keys.watering, timeMs);
  const sensor = 'probe-20cm';

  return {
    channels: [
      {
        type: 'soil_moisture',
        sensor,
        at: (timeMs) => Math.round(1000 * (14 + water(timeMs) + 0.02 * sensorNoise(keys.moisture, timeMs))),
      },
      {
        type: 'soil_pH',
        sensor,
        at: (timeMs) => {
          // Lime and fertiliser work over weeks; water dilutes for days.
          const drift = 0.08 * interpolate((k) => autoregressive(keys.drift, k, 0.9), timeMs, dayMs);
          const acidity = neutral + drift + 0.05 * seasonalCycle(timeMs) + 0.004 * water(timeMs);
          return Math.round(1000 * acidity + 1.5 * sensorNoise(keys.acidity, timeMs));
        },
      },
      {
        type: 'temperature',
        sensor,
        at: (timeMs) => {
          // The ground damps the day to a few degrees and delays it by four hours, the year by two weeks.
          const ground = 11 + 10.5 * seasonalCycle(timeMs, 15) + 1.8 * dailyCycle(timeMs, 18.5);
          return Math.round(1000 * (ground + 0.01 * sensorNoise(keys.temperature, timeMs)));
        },
      },
      {
        type: 'battery',
        // A lithium primary cell: flat for years, weaker when it is cold.
        at: (timeMs) =>
          Math.round(3_580 + 25 * seasonalCycle(timeMs, 15) + 1.5 * sensorNoise(keys.battery, timeMs)),
      },
    ],
  };
}

/**
 * Percent of water above the wilting point. Each watering adds its share, soaks in, and dries exponentially; the sum over
 * the last month is the whole state, so no history has to be kept.
 */
function irrigation(key: number, timeMs: number): number {
  const today = Math.floor(timeMs / dayMs);
  let water = 0;
  for (let day = today - rememberedDays; day <= today; day++) {
    const [decides, hour, amount] = [0, 1, 2].map((i) => uniform(key, 3 * day + i)) as [
      number,
      number,
      number,
    ];
    if (decides > 0.35) continue;
    // 21:00 to 23:00 UTC is early morning over the field, when farmers water.
    const ageMs = timeMs - (day * dayMs + (21 + 2 * hour) * hourMs);
    if (ageMs <= 0) continue;
    water += (4 + 3 * amount) * (1 - Math.exp(-ageMs / soaking.riseMs)) * Math.exp(-ageMs / soaking.dryMs);
  }
  // Beyond field capacity it drains: what comes on top counts less and less, and never passes 26%.
  return 26 * Math.tanh(water / 26);
}
