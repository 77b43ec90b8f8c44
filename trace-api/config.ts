import { readFileSync } from 'node:fs';
import { maxLaterBlocks, maxScore } from '@tianyuan/protocol';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { type Setting, settings } from './settings.ts';
import { backupShape } from './backup/backup-settings.ts';

/** An empty variable is one that was not set. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

/** `https://a,https://b` */
const urlList = z
  .string()
  .refine(
    (list) => list.split(',').every((url) => z.url({ protocol: /^https?$/ }).safeParse(url.trim()).success),
    'not http or https URLs with commas between',
  );

/** `nats://a:4222,nats://b:4222` */
const natsUrls = z
  .string()
  .refine(
    (list) =>
      list.split(',').every((url) => z.url({ protocol: /^(nats|tls)$/ }).safeParse(url.trim()).success),
    'not nats or tls URLs with commas between',
  );

/** `picture,spectrum` */
const sampleKinds = z
  .string()
  .transform((list) => list.split(',').map((kind) => kind.trim()))
  .pipe(z.array(z.enum(['picture', 'spectrum'])).min(1));

const configSchema = z
  .object({
    host: optional(z.string().default('127.0.0.1')),
    port: optional(z.coerce.number().int().min(0).max(65_535).default(8080)),
    publicUrl: optional(z.url({ protocol: /^https?$/ }).optional()),
    databaseUrl: optional(z.url({ protocol: /^postgres(ql)?$/ }).optional()),
    dataDir: optional(z.string().default('.tianyuan/trace-api')),
    chainRpcUrl: optional(urlList.optional()),
    deploymentFile: optional(z.string().optional()),
    chainStateFile: optional(z.string().optional()),
    // As many as a bundle's evidence can show: with more, no bundle would prove its anchor offline.
    chainConfirmations: optional(z.coerce.number().int().min(0).max(maxLaterBlocks).default(0)),
    validatorsFile: optional(z.string().optional()),
    witnessesFile: optional(z.string().optional()),
    witnessName: optional(z.string().optional()),
    witnessKeyFile: optional(z.string().optional()),
    witnessStateFile: optional(z.string().optional()),
    platformOrigin: optional(
      z
        .string()
        .regex(/^[a-z0-9.-]+(\/[a-z0-9._-]+)*$/, 'a URL without its scheme, such as trace.example/log')
        .max(200)
        .optional(),
    ),
    platformKeyFile: optional(z.string().optional()),
    nationalEnvironmentsFile: optional(z.string().optional()),
    nationalIntervalMs: optional(z.coerce.number().int().min(1_000).default(3_600_000)),
    hubAccountKeyFile: optional(z.string().optional()),
    hubIntervalMs: optional(z.coerce.number().int().min(100).default(60_000)),
    // 400 appends are 20 million gas (docs/contracts.md): two thirds of a 30-million block.
    hubMaxLogs: optional(z.coerce.number().int().min(1).max(2_000).default(400)),
    hubGasPrice: optional(z.coerce.bigint().min(0n).optional()),
    natsUrl: optional(natsUrls.optional()),
    qualityModelUrl: optional(z.url({ protocol: /^https?$/ }).optional()),
    qualityModelTakes: optional(sampleKinds.default(['picture', 'spectrum'])),
    qualityLeastScore: optional(z.coerce.number().int().min(0).max(maxScore).default(60_000)),
    ownerToken: optional(z.string().min(16, 'the token has at least 16 characters').optional()),
    ...backupShape,
    logLevel: optional(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info')),
  })
  .refine(
    ({ chainRpcUrl, deploymentFile }) => (chainRpcUrl === undefined) === (deploymentFile === undefined),
    {
      path: ['deploymentFile'],
      message: 'a node of the chain and the deployment record are given together',
    },
  )
  .refine(
    ({ platformOrigin, platformKeyFile }) =>
      (platformOrigin === undefined) === (platformKeyFile === undefined),
    { path: ['platformKeyFile'], message: "the platform's log and its key are given together" },
  )
  .refine(
    ({ nationalEnvironmentsFile, platformOrigin }) =>
      nationalEnvironmentsFile === undefined || platformOrigin !== undefined,
    { path: ['nationalEnvironmentsFile'], message: "answers are logged: it needs the platform's own log" },
  )
  .refine(
    ({ hubAccountKeyFile, chainRpcUrl }) => hubAccountKeyFile === undefined || chainRpcUrl !== undefined,
    { path: ['hubAccountKeyFile'], message: 'a hub needs a node of the chain to anchor on' },
  );

export type Config = z.infer<typeof configSchema>;

/** What cannot be configured as it was said; the message names the setting, its variable and the rule. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Flags, then environment, checked by the schema. `--help` prints and ends the process.
 * @param argv as `process.argv`
 * @throws ConfigError
 */
export function loadConfig(argv: readonly string[], env: Record<string, string | undefined>): Config {
  const command = new Command('trace-api').description(
    'Mirrors and verifies logs, proves their entries, and shows batches. Settings are flags or environment variables.',
  );
  for (const { flag, env: variable, help } of Object.values(settings)) {
    command.addOption(new Option(flag, `${help} [${variable}]`));
  }
  const flags = command.parse([...argv]).opts<Record<string, string>>();
  const given = Object.fromEntries(
    Object.entries(settings).map(([name, { env: variable }]) => [name, flags[name] ?? env[variable]]),
  );
  const { ownerTokenFile, ...rest } = given;
  rest['chainRpcUrl'] ||= env['BLOCKCHAIN_NODES'];
  const ownerToken = ownerTokenFile ? readToken(ownerTokenFile) : env['OWNER_TOKEN'];
  const parsed = configSchema.safeParse({ ...rest, ownerToken });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    ({ path, message }) => `  ${describeSetting(String(path[0]))}: ${message}`,
  );
  throw new ConfigError(`the configuration cannot be used:\n${lines.join('\n')}`);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`the owner's token cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function describeSetting(name: string): string {
  const setting: Setting | undefined = settings[name as keyof typeof settings];
  return setting === undefined ? name : `${setting.flag.split(' ')[0]} (${setting.env})`;
}
