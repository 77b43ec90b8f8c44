import { type DeviceSetting, startDevice } from './device.ts';
import type { FaultName } from './faults/fault.ts';
import type { Goal } from './goal.ts';
import { Link } from './link/link.ts';
import { linkTrouble, rejectedTopic } from './link/link-trouble.ts';
import type { TroubleLog } from './link/trouble-log.ts';
import type { Logger } from './log.ts';
import type { Counters, DeviceRecord } from './state/device-records.ts';
import type { Outbox, StoredPublication } from './state/outbox.ts';
import { type DeviceSummary, newTally, tallied } from './summary.ts';

/** What the stations of a run share. */
export type Surroundings = {
  broker: string;
  gateway: string;
  enrolmentFile: string;
  authority: string | undefined;
  outbox: Outbox;
  counters: { read: (id: string) => Counters; write: (id: string, seq: number, timeMs: number) => void };
  goal: Goal;
  trouble: TroubleLog;
  log: Logger;
};

export type Signed = { device: string; boot: number; seq: number; fault: FaultName | null };

/** A device in the field: what it measures and says, its store, and its link. */
export type Station = {
  readonly online: boolean;
  /** Signs and stores what is due. Inside a transaction, with the numbers that it uses. */
  produce: (wallMs: number) => Signed[];
  /** Takes out of the store what was acknowledged. Inside a transaction. */
  settle: () => void;
  /** Sends what is stored. */
  pump: () => void;
  /** Stored and not acknowledged. */
  waiting: () => number;
  summary: () => DeviceSummary;
  close: () => Promise<void>;
};

/** @param place the device's place in its fleet */
export function openStation(
  record: DeviceRecord,
  place: number,
  startedAt: number,
  setting: DeviceSetting,
  { broker, gateway, enrolmentFile, authority, outbox, counters, goal, trouble, log }: Surroundings,
): Station {
  const { id } = record;
  const device = startDevice(record, place, startedAt, setting);
  const tally = newTally();
  const acknowledgedIds: number[] = [];
  let storeIsFull = false;

  const at = { broker, gateway, device: id, enrolmentFile };
  const link = new Link(
    { broker, gateway, device: id, token: record.token, authority },
    {
      after: (sentId, limit) => outbox.after(id, sentId, limit),
      sent: ({ fault }) => tally.sent(fault),
      acknowledged: (publication: StoredPublication) => {
        acknowledgedIds.push(publication.id);
        tally.acknowledged(publication.fault);
        goal.acknowledged(publication);
        device.acknowledged(publication);
      },
      up: () => {
        storeIsFull = false;
        trouble.over();
        log.debug({ device: id, waiting: outbox.waiting(id) }, 'connected');
      },
      down: () =>
        trouble.tell(id, { reason: 'down', text: `${broker} hung up; messages are kept meanwhile` }),
      failed: (error) => trouble.tell(id, linkTrouble(error, at)),
      rejected: () => trouble.tell(id, rejectedTopic(at)),
    },
  );

  const store = (publication: { payload: Uint8Array; fault: FaultName | null }) => {
    goal.stored(publication);
    const overwritten = outbox.add(id, publication, link.sentId);
    if (overwritten.length === 0) return;
    overwritten.forEach(goal.overwritten);
    tally.overwritten(overwritten.length);
    if (storeIsFull) return;
    storeIsFull = true;
    log.warn(
      { device: id, waiting: outbox.waiting(id) },
      'the store is full: its oldest messages are overwritten',
    );
  };
  const waiting = () => outbox.waiting(id) - acknowledgedIds.length;

  return {
    get online() {
      return link.online;
    },
    produce: (wallMs) => {
      const before = counters.read(id);
      const { publications, seq, timeMs } = device.next(before, wallMs);
      counters.write(id, seq, timeMs);
      publications.forEach(store);
      return publications.map(({ fault }) => ({ device: id, boot: before.boot, seq, fault }));
    },
    settle: () => {
      for (const publicationId of acknowledgedIds.splice(0)) outbox.remove(id, publicationId);
    },
    pump: () => link.pump(),
    waiting,
    summary: () => tallied(tally, { device: id, key: record.key, ...counters.read(id), waiting: waiting() }),
    close: () => link.close(),
  };
}
