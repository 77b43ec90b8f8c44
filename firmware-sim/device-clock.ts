/**
 * A device's clock. It begins at `startMs` and runs `speed` times as fast as the wall's, and when it has caught up with the
 * wall it goes along with it: a day of measurements can be told in a minute, but never one from the future.
 *
 * @param wallStartMs the wall's clock when the device starts
 * @returns the device's time at a wall time, both in Unix ms
 */
export function deviceClock(setting: {
  startMs: number;
  wallStartMs: number;
  speed: number;
}): (wallMs: number) => number {
  const { startMs, wallStartMs, speed } = setting;
  return (wallMs) => Math.round(Math.min(wallMs, startMs + (wallMs - wallStartMs) * speed));
}
