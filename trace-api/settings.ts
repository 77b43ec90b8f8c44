import { backupSettings } from './backup/backup-settings.ts';

/** A setting with the environment variable that gives it; a flag of the same meaning wins. */
export type Setting = { flag: string; env: string; help: string };

/** Secrets have no flag: everybody on the machine can read a command line. */
export const settings = {
  host: { flag: '--host <address>', env: 'HOST', help: 'address to listen on (default 127.0.0.1)' },
  port: { flag: '--port <number>', env: 'PORT', help: 'port to listen on, 0 for any (default 8080)' },
  publicUrl: {
    flag: '--public-url <url>',
    env: 'PUBLIC_URL',
    help: "the site's address as printed on boxes (default http://HOST:PORT)",
  },
  databaseUrl: {
    flag: '--database-url <url>',
    env: 'DATABASE_URL',
    help: 'a PostgreSQL server; without it an embedded one in DATA_DIR',
  },
  dataDir: {
    flag: '--data-dir <directory>',
    env: 'DATA_DIR',
    help: 'where the embedded database lives (default .tianyuan/trace-api)',
  },
  chainRpcUrl: {
    flag: '--chain-rpc-url <url>',
    env: 'CHAIN_RPC_URL',
    help: 'a node of the chain, or several with commas between (also BLOCKCHAIN_NODES); without it nothing becomes anchored',
  },
  deploymentFile: {
    flag: '--deployment-file <file>',
    env: 'DEPLOYMENT_FILE',
    help: 'the deployment record that `chain deploy` wrote',
  },
  chainStateFile: {
    flag: '--chain-state-file <file>',
    env: 'CHAIN_STATE_FILE',
    help: 'the state file of a local anvil: what it holds is final',
  },
  chainConfirmations: {
    flag: '--chain-confirmations <blocks>',
    env: 'CHAIN_CONFIRMATIONS',
    help: 'later blocks that make a block final; at most 256; 0 where it is final at once, as under QBFT (default 0)',
  },
  validatorsFile: {
    flag: '--validators-file <file>',
    env: 'VALIDATORS_FILE',
    help: "JSON of the chain's validators by block, as a trust policy has them: final is what they sealed; also suggested to readers",
  },
  witnessesFile: {
    flag: '--witnesses-file <file>',
    env: 'WITNESSES_FILE',
    help: 'JSON {quorum, witnesses: [{vkey, url}]}: who is asked to cosign what is anchored',
  },
  witnessName: {
    flag: '--witness-name <name>',
    env: 'WITNESS_NAME',
    help: 'be a witness oneself under this name, at /witness',
  },
  witnessKeyFile: {
    flag: '--witness-key-file <file>',
    env: 'WITNESS_KEY_FILE',
    help: 'its secret key, made by `npm run witness -- key`',
  },
  witnessStateFile: {
    flag: '--witness-state-file <file>',
    env: 'WITNESS_STATE_FILE',
    help: 'what it cosigned of each log, begun by the same command; never restore an old copy of it',
  },
  platformOrigin: {
    flag: '--platform-origin <origin>',
    env: 'PLATFORM_ORIGIN',
    help: "name of the platform's own log, for what people, organisations and other platforms say; without it they are not taken",
  },
  platformKeyFile: {
    flag: '--platform-key-file <file>',
    env: 'PLATFORM_KEY_FILE',
    help: 'its secret key, made by `npm run trace -- key`',
  },
  nationalEnvironmentsFile: {
    flag: '--national-environments-file <file>',
    env: 'NATIONAL_ENVIRONMENTS_FILE',
    help: 'JSON of the environments of the national platform, docs/trace-china.md; needs the platform’s own log',
  },
  nationalIntervalMs: {
    flag: '--national-interval-ms <ms>',
    env: 'NATIONAL_INTERVAL_MS',
    help: 'how often each published batch with a trace code is asked about while all is well (default 3600000)',
  },
  hubAccountKeyFile: {
    flag: '--hub-account-key-file <file>',
    env: 'HUB_ACCOUNT_KEY_FILE',
    help: 'private key of an account that anchors for gateways without one; needs the chain. In one process only',
  },
  hubIntervalMs: {
    flag: '--hub-interval-ms <ms>',
    env: 'HUB_INTERVAL_MS',
    help: 'how often the hub anchors what has come in (default 60000)',
  },
  hubMaxLogs: {
    flag: '--hub-max-logs <number>',
    env: 'HUB_MAX_LOGS',
    help: "logs in one transaction of the hub, as far as a block's gas allows (default 400)",
  },
  hubGasPrice: {
    flag: '--hub-gas-price <wei>',
    env: 'HUB_GAS_PRICE',
    help: "fixed price of the hub's gas; 0 on chains that charge nothing (default: the node is asked)",
  },
  natsUrl: {
    flag: '--nats-url <url>',
    env: 'NATS_URL',
    help: 'NATS servers with JetStream, with commas between, for the events; without them events stay in this process',
  },
  qualityModelUrl: {
    flag: '--quality-model-url <url>',
    env: 'QUALITY_MODEL_URL',
    help: 'a model service that scores samples of batches; without one pictures are judged here, and spectra not at all',
  },
  qualityModelTakes: {
    flag: '--quality-model-takes <kinds>',
    env: 'QUALITY_MODEL_TAKES',
    help: 'what that service takes: picture, spectrum, or both with a comma between (default both)',
  },
  qualityLeastScore: {
    flag: '--quality-least-score <m%>',
    env: 'QUALITY_LEAST_SCORE',
    help: 'a lower score of that service opens a work order (default 60000)',
  },
  ownerTokenFile: {
    flag: '--owner-token-file <file>',
    env: 'OWNER_TOKEN_FILE',
    help: "file with the owner's bearer token; or the token itself in OWNER_TOKEN",
  },
  ...backupSettings,
  logLevel: {
    flag: '--log-level <level>',
    env: 'LOG_LEVEL',
    help: 'trace, debug, info, warn, error or silent',
  },
} satisfies Record<string, Setting>;
