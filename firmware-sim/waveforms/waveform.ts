import type { QuantityName } from '@tianyuan/protocol';

/** One sensor's value over time: pure, in the data dictionary's scaled integer unit. */
export type Channel = {
  type: Exclude<QuantityName, 'gps'>;
  sensor?: string;
  at: (timeMs: number) => number;
};

/** Everything that one device measures. */
export type Waveform = {
  channels: readonly [Channel, ...Channel[]];
  /** [latitude, longitude] in 1e-7 degree, for a device that moves */
  position?: (timeMs: number) => [number, number];
};
