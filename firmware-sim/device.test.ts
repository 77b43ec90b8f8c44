import { newSecretKey, type Message, parseMessage, type UnsignedReadings } from '@tianyuan/protocol';
import { describe, expect, test } from 'vitest';
import { startDevice } from './device.ts';
import { stuckMessages } from './faults/stuck.ts';
import type { DeviceRecord } from './state/device-records.ts';

const wallMs = Date.UTC(2026, 7, 1);
const record: DeviceRecord = {
  id: 'orchard-01',
  kind: 'orchard',
  secret_key: newSecretKey(),
  token: 'unused here',
  key: 1,
  boot: 4,
  seq: 0,
  time: 0,
};
const setting = { seed: 'a', profile: 'json', faults: [], faultRate: 0, speed: 1, startMs: wallMs } as const;

/** What the device says in `count` seconds, with the counters kept as the state keeps them. */
function listen(device: ReturnType<typeof startDevice>, count: number) {
  const counters = { boot: record.boot, seq: 0 };
  return Array.from({ length: count }, (_, i) => {
    const said = device.next({ ...counters }, wallMs + i * 1_000);
    counters.seq = said.seq;
    return said;
  });
}
const messages = (said: ReturnType<typeof listen>): (Message & UnsignedReadings)[] =>
  said.flatMap(({ publications }) =>
    publications.map(({ payload }) => parseMessage(payload).message as Message & UnsignedReadings),
  );

describe('a device', () => {
  test('numbers its messages from 1 in its boot and dates them by its clock', () => {
    const said = messages(listen(startDevice(record, 0, wallMs, { ...setting, batch: 'B-1' }), 5));
    expect(said.map(({ boot, seq }) => [boot, seq])).toEqual([1, 2, 3, 4, 5].map((seq) => [4, seq]));
    expect(said.map(({ time }) => time - wallMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(said.every(({ batch }) => batch === 'B-1')).toBe(true);
  });

  test('goes on from its last message when its clock would start earlier', () => {
    const startMs = wallMs - 86_400_000;
    const restarted = { ...record, time: wallMs - 3_600_000 };
    const [first] = messages(
      listen(startDevice(restarted, 0, wallMs, { ...setting, startMs, speed: 60 }), 1),
    );
    expect(first!.time).toBe(wallMs - 3_600_000);
  });

  test('says the same again from the same seed, boot and time', () => {
    const misbehaving = { ...setting, faults: ['gap', 'malformed', 'equivocate'] as const, faultRate: 0.5 };
    const said = () => listen(startDevice(record, 0, wallMs, misbehaving), 50);
    expect(said()).toEqual(said());
  });

  test('replays only what was accepted and acknowledged, and behaves well until there is such a thing', () => {
    const device = startDevice(record, 0, wallMs, { ...setting, faults: ['replay'], faultRate: 1 });
    const [first] = listen(device, 1);
    expect(first!.publications[0]!.fault).toBeNull();

    device.acknowledged({ payload: Uint8Array.of(1), fault: 'malformed' });
    expect(listen(device, 1)[0]!.publications[0]!.fault).toBeNull();

    device.acknowledged(first!.publications[0]!);
    const { publications, seq } = device.next({ boot: 4, seq: 9 }, wallMs);
    expect(publications).toEqual([{ payload: first!.publications[0]!.payload, fault: 'replay' }]);
    expect(seq).toBe(9);
  });

  test('repeats the values of the moment in which it hung, while its time goes on', () => {
    const device = startDevice(record, 0, wallMs, { ...setting, faults: ['stuck'], faultRate: 1, speed: 1 });
    const said = messages(listen(device, stuckMessages));
    expect(new Set(said.map(({ readings }) => JSON.stringify(readings))).size).toBe(1);
    expect(new Set(said.map(({ time }) => time)).size).toBe(stuckMessages);
  });
});
