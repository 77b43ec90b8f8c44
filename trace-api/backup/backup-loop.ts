import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Logger } from '@tianyuan/platform';
import type { PlatformSeed } from '../records/platform-key.ts';
import { backUp } from './back-up.ts';
import type { Lock } from './sealed-file.ts';

export type BackupPolicy = {
  dir: string;
  intervalMs: number;
  /** how many files of its own stay in the directory */
  keep: number;
  lock: Lock;
};

export type BackupLoop = {
  /** how things stand, where they do not stand well */
  trouble: () => string | undefined;
  run: (signal: AbortSignal) => Promise<void>;
};

/** Requirement 12: at most so much may be lost. */
const recoveryPointMs = 15 * 60_000;

const ownFile = /^trace-\d{8}T\d{6}Z\.age$/;

/** Where a backup of this moment goes, in a directory: `trace-20261126T001500Z.age`. */
export function backupFile(dir: string, now: number): string {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return join(dir, `trace-${stamp}.age`);
}

/** Makes a backup every so often, and removes the oldest of its own. One that fails is said, and the next one tried. */
export function backupLoop(
  database: Database,
  { dir, intervalMs, keep, lock }: BackupPolicy,
  { platform, logger }: { platform: PlatformSeed | undefined; logger: Logger },
): BackupLoop {
  let lastAt: number | undefined;
  const startedAt = Date.now();

  async function once(): Promise<void> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const now = Date.now();
    const file = backupFile(dir, now);
    const { rows, platformSize } = await backUp(database, file, { lock, platform, now });
    lastAt = now;
    logger.info({ file, rows, platformSize, tookMs: Date.now() - now }, 'backed up');
    const own = readdirSync(dir)
      .filter((name) => ownFile.test(name))
      .toSorted();
    for (const name of own.slice(0, -keep)) rmSync(join(dir, name));
  }

  return {
    trouble() {
      const sinceMs = Date.now() - (lastAt ?? startedAt);
      if (sinceMs <= recoveryPointMs) return undefined;
      return `the last backup is ${Math.floor(sinceMs / 60_000)} minutes old: more than 15 minutes could be lost`;
    },
    async run(signal) {
      while (!signal.aborted) {
        await once().catch((error: unknown) =>
          logger.error({ err: error, alarm: true }, 'ALARM: the backup failed and will be tried again'),
        );
        await delay(intervalMs, undefined, { signal }).catch(() => {});
      }
    },
  };
}
