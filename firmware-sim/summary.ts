import { faults as catalogue } from './faults/catalogue.ts';
import type { Fault, FaultName } from './faults/fault.ts';

export type Count = { sent: number; acknowledged: number };

/** By fault: how many, and what PROTOCOL.md section 2 wants of the gateway for each; none that did not happen. */
export type FaultCounts = Partial<Record<FaultName, Count & Pick<Fault, 'expected' | 'code'>>>;

export type DeviceSummary = Count & {
  device: string;
  key: number;
  boot: number;
  /** the last number used in this boot */
  seq: number;
  good: Count;
  faults: FaultCounts;
  /** stored and not acknowledged: sent on by the next run */
  waiting: number;
  /** lost, because the store was full */
  overwritten: number;
};

/** What a run of the simulator did; `--summary` writes it as JSON. A message that is sent again counts once. */
export type Summary = Count & {
  broker: string;
  gateway: string;
  seed: string;
  /** Unix ms */
  startedAt: number;
  endedAt: number;
  good: Count;
  faults: FaultCounts;
  waiting: number;
  overwritten: number;
  devices: DeviceSummary[];
};

/** The counts of one device since its start, in both columns by fault; null for good messages. */
export type Tally = {
  sent: (fault: FaultName | null) => void;
  acknowledged: (fault: FaultName | null) => void;
  overwritten: (messages: number) => void;
  counts: ReadonlyMap<FaultName | null, Count>;
  lost: () => number;
};

export function newTally(): Tally {
  const counts = new Map<FaultName | null, Count>();
  let lost = 0;
  const add = (fault: FaultName | null, column: keyof Count) => {
    const count = counts.get(fault) ?? { sent: 0, acknowledged: 0 };
    count[column]++;
    counts.set(fault, count);
  };
  return {
    counts,
    sent: (fault) => add(fault, 'sent'),
    acknowledged: (fault) => add(fault, 'acknowledged'),
    overwritten: (messages) => {
      lost += messages;
    },
    lost: () => lost,
  };
}

/** One device's row. */
export function tallied(
  tally: Tally,
  device: Pick<DeviceSummary, 'device' | 'key' | 'boot' | 'seq' | 'waiting'>,
): DeviceSummary {
  const faults: FaultCounts = {};
  for (const { name, expected, code } of Object.values<Fault>(catalogue)) {
    const count = tally.counts.get(name);
    if (count !== undefined) faults[name] = { ...count, expected, ...(code === undefined ? {} : { code }) };
  }
  return {
    ...device,
    ...total([...tally.counts.values()]),
    good: total([tally.counts.get(null)]),
    faults,
    overwritten: tally.lost(),
  };
}

/** Adds the devices' rows up. */
export function summarize(
  run: Pick<Summary, 'broker' | 'gateway' | 'seed' | 'startedAt' | 'endedAt'>,
  devices: readonly DeviceSummary[],
): Summary {
  const faults: FaultCounts = {};
  for (const [name, count] of devices.flatMap((device) => Object.entries(device.faults))) {
    faults[name as FaultName] = { ...count, ...total([count, faults[name as FaultName]]) };
  }
  return {
    ...run,
    ...total(devices),
    good: total(devices.map(({ good }) => good)),
    faults,
    waiting: sum(devices.map(({ waiting }) => waiting)),
    overwritten: sum(devices.map(({ overwritten }) => overwritten)),
    devices: [...devices],
  };
}

function total(counts: readonly (Count | undefined)[]): Count {
  return {
    sent: sum(counts.map((count) => count?.sent ?? 0)),
    acknowledged: sum(counts.map((count) => count?.acknowledged ?? 0)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
