import type { Profile, UnsignedReadings } from '@tianyuan/protocol';
import { deviceClock } from './device-clock.ts';
import { faults } from './faults/catalogue.ts';
import type { FaultName, Publication } from './faults/fault.ts';
import { faultStream } from './faults/fault-stream.ts';
import { takeReadings } from './readings.ts';
import { messageSigner } from './signing-key.ts';
import type { Counters, DeviceRecord } from './state/device-records.ts';
import { waveformOf } from './waveforms/waveform-of.ts';

/** How many accepted payloads a replay can choose from. */
const remembered = 16;

export type DeviceSetting = {
  seed: string;
  /** how its messages are written */
  profile: Profile;
  batch?: string | undefined;
  /** readings a message; undefined for each channel once */
  readings?: number | undefined;
  faults: readonly FaultName[];
  faultRate: number;
  speed: number;
  /** where the device's clock starts, Unix ms, unless it was later at its last message */
  startMs: number;
};

export type Device = {
  id: string;
  boot: number;
  /** The next message, signed, or what goes on the wire in its place; and the counter and clock after it. */
  next: (counters: Counters, wallMs: number) => { publications: Publication[]; seq: number; timeMs: number };
  /** Tells the device of a PUBACK, for what it may replay one day. */
  acknowledged: (publication: Publication) => void;
};

/**
 * One device since its start. What it says follows from its setting, its boot and the time; what it must not forget is in
 * its record.
 *
 * @param place its place in its fleet
 */
export function startDevice(
  record: DeviceRecord,
  place: number,
  wallStartMs: number,
  setting: DeviceSetting,
): Device {
  const { seed, batch, speed } = setting;
  const { id, boot } = record;
  const waveform = waveformOf(record.kind, seed, id);
  const sign = messageSigner(record.secret_key, setting.profile);
  const clock = deviceClock({ startMs: Math.max(setting.startMs, record.time), wallStartMs, speed });
  const misbehaviour = faultStream({
    seed,
    device: id,
    boot,
    place,
    faults: setting.faults,
    rate: setting.faultRate,
  });
  const accepted: Uint8Array[] = [];
  let index = 0;
  let lastMs = clock(wallStartMs);
  let hungMs: number | undefined;
  /** a fault that had no occasion yet: a replay before anything was acknowledged */
  let postponed: FaultName | undefined;

  const next: Device['next'] = (counters, wallMs) => {
    const timeMs = clock(wallMs);
    const readingsAt = (takenMs: number) =>
      takeReadings(waveform, {
        index,
        timeMs: takenMs,
        sinceMs: Math.max(0, timeMs - lastMs),
        count: setting.readings,
      });
    const message: UnsignedReadings = {
      v: 1,
      device: id,
      key: record.key,
      boot: counters.boot,
      seq: counters.seq + 1,
      time: timeMs,
      ...(batch === undefined ? {} : { batch }),
      readings: readingsAt(timeMs),
    };
    const fault = postponed ?? misbehaviour.next();
    hungMs = fault === 'stuck' ? (hungMs ?? timeMs) : undefined;
    const behaviour =
      fault &&
      faults[fault].misbehave({
        message,
        profile: setting.profile,
        sign,
        random: misbehaviour.random,
        wallMs,
        acknowledged: accepted,
        hungReadings: () => readingsAt(hungMs ?? timeMs),
      });
    postponed = behaviour === undefined ? fault : undefined;
    index++;
    lastMs = timeMs;
    return {
      timeMs,
      ...(behaviour ?? { publications: [{ payload: sign(message), fault: null }], seq: message.seq }),
    };
  };

  const acknowledged: Device['acknowledged'] = ({ payload, fault }) => {
    if (fault !== null && faults[fault].expected !== 'accepted') return;
    accepted.push(payload);
    if (accepted.length > remembered) accepted.shift();
  };

  return { id, boot, next, acknowledged };
}
