/** What is remembered of one series (a sensor's readings of one quantity): its newest reading. */
export type SeriesState = {
  value: number;
  second: number;
  /** the device's clock at the newest reading, Unix ms */
  time: number;
  /** the device's clock when this very value was first read */
  since: number;
  /** readings of this very value in a row */
  count: number;
};

/** What is remembered of a device: enough to judge its next message, and nothing that grows with their number. */
export type DeviceState = {
  /** (key, boot, seq) of the newest message in the device's own order */
  keyId: number;
  boot: number;
  seq: number;
  /** the newest time that could be true, Unix ms; 0 while there was none */
  time: number;
  /** by {@link seriesName} */
  series: Readonly<Record<string, SeriesState>>;
};

/** A device may name sensors as it likes; beyond this many the one that was silent longest is forgotten. */
export const maxSeries = 64;

export function seriesName(type: string, sensor: string): string {
  return `${type}/${sensor}`;
}
