import { constants } from './constants.ts';

/** What so many gateways ask of each part, and after a year. Rates are of the steady state. */
export type Scale = {
  gateways: number;
  /** of all devices together */
  messagesPerSecond: number;
  /** `appendMany` transactions in each anchoring interval, and the share of the chain's gas that they take */
  hubTransactions: number;
  shareOfChain: number;
  /** the shortest interval at which the hub can anchor every log on a chain that does nothing else */
  shortestIntervalSeconds: number;
  gasPerMessage: number;
  /** if every gateway anchored for itself */
  shareOfChainDirect: number;
  chainBytesPerYear: number;
  mirrorBytesPerYear: number;
  /** cores that verify signatures all the time, before anything is stored */
  mirrorCores: number;
  /** of one log after a year; its inclusion proof in hashes */
  logSize: number;
  proofHashes: number;
};

const yearSeconds = 365 * 24 * 3600;

/** The arithmetic of a deployment: no chance, no clock. */
export function simulate(gateways: number): Scale {
  const of = (name: keyof typeof constants): number => constants[name].value;
  const interval = of('anchorEverySeconds');
  const perGateway = (of('devicesPerGateway') * of('messagesPerDeviceMinute')) / 60;
  const messagesPerSecond = gateways * perGateway;

  const gasPerSecond = of('blockGas') / of('blockSeconds');
  const room = of('blockGas') * of('shareOfBlock');
  const logsPerTransaction = Math.floor((room - of('gasPerTransaction')) / of('gasPerLog'));
  const hubTransactions = Math.ceil(gateways / logsPerTransaction);
  const gasPerRound = hubTransactions * of('gasPerTransaction') + gateways * of('gasPerLog');
  // One transaction a block, as the hub sends them.
  const shortestIntervalSeconds = hubTransactions * of('blockSeconds');
  const rounds = yearSeconds / Math.max(interval, shortestIntervalSeconds);

  const logSize = Math.round(perGateway * yearSeconds);
  // Tiles of all levels: 256 leaf hashes, and one hash in 256 for each level above.
  const treeBytes = (of('hashBytes') * 256) / 255;
  return {
    gateways,
    messagesPerSecond,
    hubTransactions,
    shareOfChain: gasPerRound / (gasPerSecond * interval),
    shortestIntervalSeconds,
    gasPerMessage: gasPerRound / (messagesPerSecond * Math.max(interval, shortestIntervalSeconds)),
    shareOfChainDirect: (gateways * of('gasDirect')) / (gasPerSecond * interval),
    chainBytesPerYear: rounds * gateways * of('calldataPerLog'),
    mirrorBytesPerYear: gateways * logSize * (of('entryBytes') + of('payloadBytes') + treeBytes),
    mirrorCores: messagesPerSecond / of('verifiedPerCore'),
    logSize,
    proofHashes: Math.ceil(Math.log2(logSize)),
  };
}

export const steps = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
