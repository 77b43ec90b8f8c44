import type { QuantityName } from '@tianyuan/protocol';
import type { Bilingual } from '../bilingual.ts';
import type { StatusView } from '../status/batch-status.ts';
import type { StoryView } from '../story/story-view.ts';

export type { Bilingual };

/** One bucket of a curve, values in the data dictionary's scaled unit. */
export type CurvePoint = { time: number; min: number; mean: number; max: number };

/** What one device's sensor measured, reduced to at most 300 buckets. Times are Unix ms, UTC. */
export type Curve = {
  type: QuantityName;
  device: string;
  points: CurvePoint[];
  count: number;
  /** the batch's agreed limits for this quantity, scaled unit */
  limits: { min: number | null; max: number | null } | null;
  /** readings outside the limits */
  outside: number;
};

/** What a sensor's calibration certificates say of the time in which it measured for the batch. */
export type CalibrationView = {
  device: string;
  /** null where the device's messages do not name it */
  sensor: string | null;
  type: QuantityName;
  /** `calibrated` for all of the batch's period, `expired` for a part of it or none, `none`: there is no certificate */
  state: 'calibrated' | 'expired' | 'none';
  /** certificate: SHA-256 in hex; times in Unix ms; and the entry that states it */
  certificates: {
    certificate: string;
    issuer: string;
    validFrom: number;
    validUntil: number;
    logId: string;
    index: number;
  }[];
};

/**
 * When the batch was outside its cold-chain profile, as the platform's log says. Times in Unix ms of the device's clock,
 * values in the scaled unit; `/excursions` has what proves it.
 */
export type ExcursionMark = {
  device: string;
  type: QuantityName;
  /** id of the profile's rule, and what it asks for: `mkt` is the mean kinetic temperature of a window */
  rule: string;
  kind: 'above' | 'below' | 'mkt';
  limit: number;
  from: number;
  /** null while it lasts */
  until: number | null;
  extreme: number;
  /** of the record in the platform's log */
  index: number;
};

/** The newest reading of a sensor, signed and in its gateway's log, ahead of a backfill. */
export type LiveReading = {
  device: string;
  type: QuantityName;
  /** null where the device's messages do not name it */
  sensor: string | null;
  /** device time, Unix ms */
  time: number;
  /** in the scaled unit */
  value: number;
  logId: string;
  index: number;
};

/** The youngest anchor that covers readings of the batch. */
export type AnchorView = {
  chainId: number;
  contract: string;
  transactionHash: string;
  blockNumber: number;
  /** Unix ms */
  blockTime: number;
  logOrigin: string;
  logSize: number;
  state: 'anchored' | 'final';
};

/** Without the moment of asking: a page is made anew when it says something else, not with every tick. */
export type SaleStatus = Pick<StatusView, 'status' | 'reasons' | 'expiresAt'>;

/** Everything that the pages and the JSON of a batch show, and nothing that they may not. */
export type BatchView = {
  batchId: string;
  gtin: string;
  lot: string;
  product: Bilingual;
  origin: Bilingual;
  /** Unix ms, or null where nobody said */
  harvestedAt: number | null;
  /** whether it may be sold, and what stands against it */
  status: SaleStatus;
  /** first and last device time of its readings, Unix ms; null before the first */
  period: { from: number; to: number } | null;
  devices: string[];
  curves: Curve[];
  /** what its gateways measure now, while they are still sending what they measured without a link */
  live: LiveReading[];
  /** of every sensor that measured for the batch, but for doors, positions and batteries, which nobody calibrates */
  calibrations: CalibrationView[];
  /** by time; of a batch that has a profile */
  excursions: ExcursionMark[];
  /** messages of the batch by how far they got; each later count is part of the one before */
  messages: { mirrored: number; anchored: number; final: number };
  /** the logs that hold them; `continues` names the log of a lost gateway that this one carries on for */
  logs: { logId: string; origin: string; messages: number; continues: string | null }[];
  /** messages whose signature, key and commitment the trace API checked itself; flagged ones by code */
  verified: number;
  flagged: Record<string, number>;
  /** origins of its logs that signed two histories: nothing they say can be relied on */
  contradicted: string[];
  anchor: AnchorView | null;
  /** an anchored message of the batch, for "verify it yourself" */
  sample: { logId: string; index: number } | null;
  /** what people and organisations say of it; null where the platform has no log of its own */
  story: StoryView | null;
};
