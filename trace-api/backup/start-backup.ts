import type { FinalityRule } from '@tianyuan/chain';
import type { Database, Logger } from '@tianyuan/platform';
import type { ChainFollower } from '../anchors/follow-chain.ts';
import { type Config, ConfigError } from '../config.ts';
import { type PlatformKey, readPlatformSeed } from '../records/platform-key.ts';
import type { Witnesses } from '../witnesses/witnesses-file.ts';
import { BackupError } from './backup-error.ts';
import { type BackupLoop, type BackupPolicy, backupLoop } from './backup-loop.ts';
import { chainLink, witnessLink } from './links.ts';
import { readLock } from './read-lock.ts';
import { type Restoration, openRestoration } from './restoration.ts';

/** Undefined where none are configured. @throws ConfigError */
export function readBackupPolicy(config: Config): BackupPolicy | undefined {
  const { backupDir: dir, backupIntervalMs: intervalMs, backupKeep: keep } = config;
  if (dir === undefined) return undefined;
  try {
    const { backupRecipient: recipient, backupPassphraseFile: passphraseFile } = config;
    return { dir, intervalMs, keep, lock: readLock({ recipient, passphraseFile }) };
  } catch (cause) {
    if (!(cause instanceof BackupError)) throw cause;
    throw new ConfigError(`backups cannot be made: ${cause.message}`, { cause });
  }
}

export function startBackup(
  policy: BackupPolicy | undefined,
  { platformOrigin, platformKeyFile }: Config,
  { database, logger }: { database: Database; logger: Logger },
): BackupLoop | undefined {
  if (policy === undefined) return undefined;
  const platform =
    platformOrigin === undefined || platformKeyFile === undefined
      ? undefined
      : readPlatformSeed(platformOrigin, platformKeyFile);
  return backupLoop(database, policy, { platform, logger });
}

/** Whoever holds heads of the platform's log is asked, as far as the service knows them. */
export function startRestoration(
  { chainRpcUrl: rpcUrl }: Config,
  platformKey: PlatformKey,
  parts: {
    database: Database;
    finality: FinalityRule;
    follower: () => ChainFollower | undefined;
    witnesses: Witnesses | undefined;
    logger: Logger;
  },
): Restoration {
  const { database, finality, follower, witnesses, logger } = parts;
  const { logId } = platformKey;
  const deployment = () => follower()?.followed()?.deployment;
  const links = [
    ...(rpcUrl === undefined ? [] : [chainLink(logId, { rpcUrl, finality, deployment })]),
    ...(witnesses?.addresses ?? []).map((witness) => witnessLink(database.queries, logId, witness)),
  ];
  return openRestoration(database, platformKey, { links, logger });
}
