import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { defaultThreads } from './accept/default-threads.ts';
import { alarmRulesSchema } from './alarms/alarm-rules.ts';
import { capacityPolicies } from './capacity/capacity.ts';
import { clockSources } from './clock/choose-source.ts';
import { anchorPolicySchema } from './deliver/anchor-policy-schema.ts';
import { GatewayError } from './gateway-error.ts';
import { brokerAddressSchema } from './receive/broker-address.ts';
import { defaultLimits } from './receive/default-limits.ts';

/** A number, or its digits as flags and environment give it; nothing else that JavaScript would take for one. */
const whole = (rule: z.ZodNumber) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^[0-9]{1,15}$/.test(value) ? Number(value) : value),
    rule,
  );
const port = whole(z.int().min(0).max(65_535));
const positive = whole(z.int().min(1));
const positiveNumber = z.coerce.number().positive();
const onOrOff = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
/** A list, or its members with commas between them. */
const nameList = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').filter((name) => name !== '') : value),
  z.array(z.string().min(1)),
);
const httpUrl = z.url({ protocol: /^https?$/, error: 'not an http or https URL' });
/** One URL, a list of them, or their list with commas between, as BLOCKCHAIN_NODES has it; the preferred one first. */
const httpUrls = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((url) => url.trim()) : value),
  z
    .array(httpUrl)
    .min(1)
    .transform((urls) => urls.join(',')),
);

/** Everything that can be set, by the names of the configuration file. Secrets are files, never values. */
export const configSchema = z.strictObject({
  /** the topic segment, and what devices call this gateway */
  gateway: z
    .string()
    .regex(
      /^(?!\.{1,2}$)[a-z0-9._-]{1,64}$/,
      'lower-case letters, digits, dot, dash and underscore, at most 64',
    ),
  /** the log's name in the world: a schema-less URL */
  origin: z.string().regex(/^[^\s\p{Cc}+]{1,255}$/u, 'neither spaces, control characters nor plus'),
  dataDir: z.string().min(1),
  /** a broker that somebody else runs, in place of the one inside the agent, which then does not listen */
  broker: brokerAddressSchema.optional(),
  mqtt: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: port.default(1883),
      /** a second listener, for devices that prove themselves by certificate or send their token encrypted */
      tls: z
        .strictObject({
          host: z.string().default('0.0.0.0'),
          port: port.default(8883),
          /** host names and addresses by which devices reach it, besides this machine's own */
          names: nameList.default([]),
          /** whether a token is no longer enough there */
          requireCertificate: onOrOff.default(false),
        })
        .optional(),
      maxConnections: positive.default(defaultLimits.maxConnections),
      maxConnectionsPerAddress: positive.default(defaultLimits.maxConnectionsPerAddress),
      connectTimeoutMs: positive.default(defaultLimits.connectTimeoutMs),
      /** messages of a device that has no limit of its own; each 4 KiB count as one */
      ratePerSecond: positiveNumber.default(defaultLimits.ratePerSecond),
      burst: positive.default(defaultLimits.burst),
    })
    .prefault({}),
  /** where devices may show their claims over HTTP; over MQTT they always may */
  claims: z
    .strictObject({
      host: z.string().default('0.0.0.0'),
      port: port.default(8443),
      /** HTTPS under the gateway's own authority */
      tls: onOrOff.default(true),
    })
    .optional(),
  /** the status page and what monitoring reads; `tls` names files of a certificate and its key in PEM */
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: port.default(8081),
      tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
    })
    .prefault({}),
  /** the trace API; without it the log stays at the edge */
  traceUrl: httpUrl.optional(),
  chain: z
    .strictObject({
      rpcUrl: httpUrls,
      /** the deployment record that `chain deploy` wrote */
      deployment: z.string(),
      /** file with the anchoring account's private key, 0x and 64 hex digits; none where a hub anchors */
      accountKey: z.string().optional(),
      /** file with a registrar's private key: then this gateway enrols, rotates and revokes on the chain itself */
      registrarKey: z.string().optional(),
      /** anvil's state file, where the chain is a local anvil: what it has written is final */
      stateFile: z.string().optional(),
      /** later blocks that make an anchor final, on a chain of one proposer a block; 0 where a block is final at once */
      confirmations: whole(z.int().min(0)).default(0),
      /** file that pins the chain's validators: final is then what they sealed, whatever the node says */
      validators: z.string().optional(),
      /** what a gas is paid with, in wei; 0 where gas costs nothing, as on the Besu networks that `chain` makes. Asked of the node where absent. */
      gasPriceWei: whole(z.int().min(0)).optional(),
      /** wei a gas that no transaction offers more than, a replacement of a stuck one neither */
      maxFeePerGasWei: positive.optional(),
    })
    .optional(),
  /** what a long backfill may take of the link; the newest entries never wait for it */
  uploadMaxBytesPerSecond: positive.optional(),
  /** who brings the log onto the chain: this gateway's own account, or the hub of the trace API that it uploads to */
  anchoring: z.enum(['direct', 'hub']).default('direct'),
  capacity: z
    .strictObject({
      /** what the store may take on the disk; without it only the disk is the limit */
      maxBytes: whole(z.int().min(16 * 1024 * 1024)).optional(),
      /** when it is full: take no new messages, or lose the oldest behind an anchored tombstone */
      policy: z.enum(capacityPolicies).default('refuse'),
      /** a file that is given up when the disk is full, so that the agent can still log, sign and evict; 0 for none */
      reserveBytes: whole(
        z
          .int()
          .min(0)
          .max(1024 ** 3),
      ).default(16 * 1024 * 1024),
    })
    .prefault({}),
  clock: z
    .strictObject({
      /** who knows whether the system's clock is right */
      source: z.enum(clockSources).default('auto'),
      /** how long a clock that was right, and that nobody keeps any more, counts as holdover */
      holdoverMs: positive.default(24 * 3_600_000),
    })
    .prefault({}),
  /** a grown log is anchored once the last anchor is this old; 0 for never by time */
  anchorIntervalMs: whole(z.int().min(0)).default(60_000),
  anchor: anchorPolicySchema.prefault({}),
  /** when to raise an alarm, and whom to tell */
  alarms: alarmRulesSchema.prefault({}),
  quarantineMaxBytes: positive.default(64 * 1024 * 1024),
  /** validity rules beyond the built-in ones, see docs/rules.md; read again when it changes */
  rulesFile: z.string().min(1).optional(),
  verifyThreads: whole(z.int().min(1).max(64)).default(defaultThreads(availableParallelism(), totalmem())),
  /** where log lines go besides standard output's place: a file that is rotated; for machines without a journal */
  logFile: z.string().min(1).optional(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type Config = z.infer<typeof configSchema>;

const wholeConfigSchema = configSchema
  .refine(
    ({ anchoring, chain }) => anchoring === 'hub' || chain === undefined || chain.accountKey !== undefined,
    { path: ['chain', 'accountKey'], message: 'whoever anchors directly needs an account' },
  )
  .refine(({ anchoring, traceUrl }) => anchoring === 'direct' || traceUrl !== undefined, {
    path: ['traceUrl'],
    message: 'a hub anchors what is uploaded to its trace API: name that',
  });

/** Settings by their path in the file, as flags and environment give them: strings, still unchecked. */
export type Overrides = Record<string, string | undefined>;

/** The environment variables, beside the settings that they set. Flags win over them, they win over the file. */
export const environmentNames: Record<string, string> = {
  gateway: 'TIANYUAN_GATEWAY',
  origin: 'TIANYUAN_ORIGIN',
  dataDir: 'TIANYUAN_GATEWAY_DATA',
  'mqtt.host': 'TIANYUAN_MQTT_HOST',
  'mqtt.port': 'TIANYUAN_MQTT_PORT',
  'mqtt.tls.host': 'TIANYUAN_MQTT_TLS_HOST',
  'mqtt.tls.port': 'TIANYUAN_MQTT_TLS_PORT',
  'mqtt.tls.names': 'TIANYUAN_MQTT_TLS_NAMES',
  'mqtt.tls.requireCertificate': 'TIANYUAN_MQTT_TLS_REQUIRE_CERTIFICATE',
  'mqtt.maxConnections': 'TIANYUAN_MQTT_MAX_CONNECTIONS',
  'mqtt.maxConnectionsPerAddress': 'TIANYUAN_MQTT_MAX_CONNECTIONS_PER_ADDRESS',
  'mqtt.connectTimeoutMs': 'TIANYUAN_MQTT_CONNECT_TIMEOUT_MS',
  'mqtt.ratePerSecond': 'TIANYUAN_MQTT_RATE_PER_SECOND',
  'mqtt.burst': 'TIANYUAN_MQTT_BURST',
  'claims.host': 'TIANYUAN_CLAIMS_HOST',
  'claims.port': 'TIANYUAN_CLAIMS_PORT',
  'claims.tls': 'TIANYUAN_CLAIMS_TLS',
  'broker.url': 'TIANYUAN_BROKER_URL',
  'broker.username': 'TIANYUAN_BROKER_USERNAME',
  'broker.passwordFile': 'TIANYUAN_BROKER_PASSWORD_FILE',
  'broker.caFile': 'TIANYUAN_BROKER_CA_FILE',
  'broker.certFile': 'TIANYUAN_BROKER_CERT_FILE',
  'broker.keyFile': 'TIANYUAN_BROKER_KEY_FILE',
  'http.host': 'TIANYUAN_GATEWAY_HTTP_HOST',
  'http.port': 'TIANYUAN_GATEWAY_HTTP_PORT',
  traceUrl: 'TIANYUAN_TRACE_URL',
  'chain.rpcUrl': 'TIANYUAN_CHAIN_RPC_URL',
  'chain.deployment': 'TIANYUAN_CHAIN_DEPLOYMENT',
  'chain.accountKey': 'TIANYUAN_CHAIN_ACCOUNT_KEY',
  'chain.registrarKey': 'TIANYUAN_CHAIN_REGISTRAR_KEY',
  'chain.stateFile': 'TIANYUAN_CHAIN_STATE_FILE',
  'chain.confirmations': 'TIANYUAN_CHAIN_CONFIRMATIONS',
  'chain.validators': 'TIANYUAN_CHAIN_VALIDATORS',
  'chain.gasPriceWei': 'TIANYUAN_CHAIN_GAS_PRICE_WEI',
  'chain.maxFeePerGasWei': 'TIANYUAN_CHAIN_MAX_FEE_PER_GAS_WEI',
  uploadMaxBytesPerSecond: 'TIANYUAN_UPLOAD_MAX_BYTES_PER_SECOND',
  anchoring: 'TIANYUAN_ANCHORING',
  'capacity.maxBytes': 'TIANYUAN_CAPACITY_MAX_BYTES',
  'capacity.policy': 'TIANYUAN_CAPACITY_POLICY',
  'capacity.reserveBytes': 'TIANYUAN_CAPACITY_RESERVE_BYTES',
  'clock.source': 'TIANYUAN_CLOCK_SOURCE',
  'clock.holdoverMs': 'TIANYUAN_CLOCK_HOLDOVER_MS',
  anchorIntervalMs: 'TIANYUAN_ANCHOR_INTERVAL_MS',
  'anchor.everyEntries': 'TIANYUAN_ANCHOR_EVERY_ENTRIES',
  'anchor.dailyAt': 'TIANYUAN_ANCHOR_DAILY_AT',
  'anchor.batchQuietMs': 'TIANYUAN_ANCHOR_BATCH_QUIET_MS',
  'anchor.urgentGapMs': 'TIANYUAN_ANCHOR_URGENT_GAP_MS',
  quarantineMaxBytes: 'TIANYUAN_QUARANTINE_MAX_BYTES',
  rulesFile: 'TIANYUAN_RULES_FILE',
  verifyThreads: 'TIANYUAN_VERIFY_THREADS',
  logFile: 'TIANYUAN_LOG_FILE',
  logLevel: 'TIANYUAN_LOG_LEVEL',
};

/** Variables of the whole ecosystem, which a gateway's own win over. */
const aliases: Record<string, string> = { 'chain.rpcUrl': 'BLOCKCHAIN_NODES' };

/**
 * File, then environment, then flags, checked by the schema. An empty variable is one that is not set.
 * @throws GatewayError CONFIG, naming the setting and the rule
 */
export function loadConfig(file: string | undefined, environment: Overrides, flags: Overrides): Config {
  const settings = file === undefined ? {} : readFile(file);
  for (const [path, name] of Object.entries(environmentNames)) {
    // Compose files and unit files set a variable to nothing where they mean to leave it alone.
    const value =
      flags[path] ?? (environment[name] || (aliases[path] && environment[aliases[path]]) || undefined);
    if (value !== undefined) setAt(settings, path.split('.'), value);
  }
  const parsed = wholeConfigSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.');
    const name = environmentNames[path];
    return `  ${path || 'configuration'}: ${issue.message}${name === undefined ? '' : ` (also ${name})`}`;
  });
  throw new GatewayError('CONFIG', `the configuration cannot be used:\n${lines.join('\n')}`);
}

function readFile(file: string): Record<string, unknown> {
  if (!existsSync(file)) throw new GatewayError('CONFIG', `there is no configuration file ${file}`);
  let value: unknown;
  try {
    value = parseYaml(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new GatewayError('CONFIG', `${file} is not YAML: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new GatewayError('CONFIG', `${file} holds no settings`);
}

function setAt(target: Record<string, unknown>, [head, ...rest]: string[], value: string): void {
  if (rest.length === 0) {
    target[head!] = value;
    return;
  }
  const inner = target[head!];
  const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  target[head!] = next;
  setAt(next, rest, value);
}
