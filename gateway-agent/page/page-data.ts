import type { BoardAlarm } from '../alarms/alarm-board.ts';
import type { LatestReading } from '../alarms/watch-store.ts';
import type { CalibrationState } from '../calibrations/calibration.ts';
import type { LinkState } from '../deliver/link-health.ts';
import type { QuarantinedMessage } from '../keep/quarantine.ts';
import type { Status } from '../observe/status.ts';

/** A device as the page shows it. */
export type DeviceRow = {
  device: string;
  isRevoked: boolean;
  /** ms since it was heard; undefined for never */
  heardAgoMs: number | undefined;
  /** dBm, where the device reports it in its status */
  rssi: number | undefined;
  readings: (LatestReading & { calibration: CalibrationState })[];
};

/** Everything that the page shows, read at one moment. */
export type PageData = {
  status: Status;
  version: string;
  /** the gateway's clock, Unix ms, and whether it is set from the network */
  now: number;
  clockIsSynchronised: boolean;
  upMs: number;
  alarms: BoardAlarm[];
  devices: DeviceRow[];
  /** devices that showed a claim; the fingerprint is what the owner compares */
  waitingClaims: { device: string; fingerprint: string }[];
  links: { name: string; state: LinkState; sinceMs: number }[];
  /** the newest append to the chain; `sentAt` in Unix ms */
  lastAnchor:
    | { size: number; state: 'sent' | 'anchored' | 'final'; transactionHash: string; sentAt: number }
    | undefined;
  storeBytes: number;
  usedPermille: number;
  diskAlarmPermille: number;
  /** notices that the webhook has not taken yet */
  waitingNotices: number;
  quarantine: { count: number; newest: QuarantinedMessage[] };
};
