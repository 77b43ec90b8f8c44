/** A figure, and where it is from: the command that measured it, or the choice that it is. */
export type Constant = { value: number; from: string };

const c = (value: number, from: string): Constant => ({ value, from });
const gas = '`npm run contracts:gas`, 60 entries onto 2^20 - 1, worst case';

/** What the simulation stands on. Measured figures are of a machine with two virtual cores. */
export const constants = {
  gasPerTransaction: c(24_594, `${gas}: where the line through 10 and 100 logs meets 0`),
  gasPerLog: c(47_986, `${gas}: its slope`),
  gasDirect: c(71_355, `${gas}: one \`append\` by the gateway itself`),
  calldataPerLog: c(1_024, `${gas}: 1,000 logs`),
  verifiedPerCore: c(
    16_424,
    '`npm run bench -- ingest`, docs/performance.md: bare verification on one core, which bounds every mirror',
  ),

  entryBytes: c(56, 'PROTOCOL section 2'),
  hashBytes: c(32, 'SHA-256'),
  payloadBytes: c(290, 'the message of the worked example in docs/protocol.md, rounded up'),

  devicesPerGateway: c(20, 'chosen: an orchard or a truck'),
  messagesPerDeviceMinute: c(1, 'chosen'),
  anchorEverySeconds: c(60, 'chosen: the default of a gateway and of the hub'),
  blockGas: c(30_000_000, 'chosen: the usual block gas limit'),
  blockSeconds: c(5, 'chosen: the usual period of Clique and QBFT'),
  shareOfBlock: c(0.8, 'trace-api/hub: what the hub fills of a block'),
} satisfies Record<string, Constant>;
