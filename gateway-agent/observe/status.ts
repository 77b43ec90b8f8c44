import type { NodeHealth } from '@tianyuan/chain';
import type { DayCost } from '../deliver/anchor-costs.ts';
import type { RegistryStatus } from '../devices/open-registry.ts';
import type { ClockState } from '@tianyuan/protocol';
import type { SalvageReport } from '../keep/salvage.ts';
import type { CapacityStatus } from '../capacity/capacity.ts';

/** Where the agent stands; sizes count log entries. */
export type Status = {
  gateway: string;
  origin: string;
  logId: string;
  boot: number;
  /** how good the gateway's wall clock is */
  clock: ClockState;
  logged: number;
  mirrored: number;
  anchored: number;
  final: number;
  /** refusals ever, by code */
  refused: Record<string, number>;
  connectedDevices: number;
  /** devices whose messages are held back now because they send too fast */
  rateLimited: string[];
  /** what DeviceRegistry on the chain was seen to say, and what it does not say yet */
  registry: RegistryStatus;
  capacity: CapacityStatus;
  /** what came out of a corrupt store, while this is the one that was made of it */
  salvaged: SalvageReport | null;
  /** what anchoring cost, ever and on the newest days on which it did; wei in decimal digits */
  anchorCost: { total: Omit<DayCost, 'day'>; days: DayCost[] };
  /** the chain's nodes, and which of them are avoided */
  chainNodes: NodeHealth[];
};
