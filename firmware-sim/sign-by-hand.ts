import { parseMessage, type Profile, type Reading } from '@tianyuan/protocol';
import { messageSigner } from './signing-key.ts';
import { SimulatorError } from './simulator-error.ts';
import {
  allDevices,
  type DeviceRecord,
  findDevice,
  openCounters,
  startBoot,
} from './state/device-records.ts';
import type { StateDatabase } from './state/state-database.ts';

/** @throws SimulatorError UNKNOWN_DEVICE, which names those that there are */
export function knownDevice(state: StateDatabase, id: string): DeviceRecord {
  const record = findDevice(state, id);
  if (record !== undefined) return record;
  const known = allDevices(state).map((device) => device.id);
  const hint = known.length === 0 ? 'there are none yet' : `there are ${known.join(', ')}`;
  throw new SimulatorError(
    'UNKNOWN_DEVICE',
    `no device ${id} in this state directory: ${hint}. Make some with "enrol"`,
  );
}

/**
 * One message of a device with one reading, signed with its key and under its next number, which is on disk before the
 * message is shown to anybody. It does not go through the device's store: whoever asked for it sends it.
 *
 * @returns the payload
 * @throws SimulatorError UNKNOWN_DEVICE, USAGE where the message would not be well-formed; no number is used up then
 */
export function signByHand(
  state: StateDatabase,
  id: string,
  content: { reading: Reading; timeMs: number; batch?: string | undefined; profile?: Profile },
): Uint8Array {
  const { reading, timeMs, batch, profile } = content;
  const counters = openCounters(state);
  const take = state.transaction(() => {
    const known = knownDevice(state, id);
    // A device that was never switched on is now.
    const { key, boot, seq, time, secret_key } = known.boot === 0 ? startBoot(state, id) : known;
    const payload = messageSigner(
      secret_key,
      profile,
    )({
      v: 1,
      device: id,
      key,
      boot,
      seq: seq + 1,
      time: timeMs,
      ...(batch === undefined ? {} : { batch }),
      readings: [reading],
    });
    assertWellFormed(payload);
    // `time` as it was: the one of this message says nothing about how far the device's own clock has come.
    counters.write(id, seq + 1, time);
    return payload;
  });
  return take.immediate();
}

function assertWellFormed(payload: Uint8Array): void {
  try {
    parseMessage(payload);
  } catch (cause) {
    throw new SimulatorError('USAGE', `this cannot be a message: ${(cause as Error).message}`, { cause });
  }
}
