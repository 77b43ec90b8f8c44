import type { Reading } from '@tianyuan/protocol';
import type { Channel, Waveform } from './waveforms/waveform.ts';

/** One in so many messages of a device that moves is its position, alone as the protocol wants it. */
const positionEvery = 6;

/**
 * The readings of a device's `index`-th message since its start. Fewer than it has channels: the channels take turns.
 * More: earlier samples of them all, spread over the time since the last message.
 *
 * @param count readings wanted, 1 to 64; undefined for each channel once
 * @param sinceMs how long ago the last message was, in the device's time
 */
export function takeReadings(
  waveform: Waveform,
  at: { index: number; timeMs: number; sinceMs: number; count?: number | undefined },
): Reading[] {
  const { index, timeMs, sinceMs, count = waveform.channels.length } = at;
  if (waveform.position !== undefined && index % positionEvery === positionEvery - 1) {
    return [{ type: 'gps', value: waveform.position(timeMs) }];
  }
  const { channels } = waveform;
  const round = waveform.position === undefined ? index : index - Math.floor(index / positionEvery);
  const first = count < channels.length ? round * count : 0;
  const samples = Math.ceil(count / channels.length);
  return Array.from({ length: count }, (_, i) => {
    const channel = channels[(first + i) % channels.length]!;
    const dt = Math.floor((Math.floor(i / channels.length) * sinceMs) / samples);
    return readingOf(channel, timeMs, dt);
  });
}

function readingOf({ type, sensor, at }: Channel, timeMs: number, dt: number): Reading {
  return {
    ...(sensor === undefined ? {} : { sensor }),
    type,
    value: at(timeMs - dt),
    ...(dt === 0 ? {} : { dt }),
  };
}
