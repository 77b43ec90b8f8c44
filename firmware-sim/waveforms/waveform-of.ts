import type { DeviceKind } from '../fleet.ts';
import { coldTruck } from './cold-truck.ts';
import { orchard } from './orchard.ts';
import { soil } from './soil.ts';
import type { Waveform } from './waveform.ts';

const waveforms = { orchard, soil, truck: coldTruck } satisfies Record<
  DeviceKind,
  (seed: string, device: string) => Waveform
>;

export function waveformOf(kind: DeviceKind, seed: string, device: string): Waveform {
  return waveforms[kind](seed, device);
}
