import { z } from 'zod';

/** An empty variable is one that was not set. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

/** Of backups that the service makes while it runs: `config.ts` has the rest. */
export const backupSettings = {
  backupDir: {
    flag: '--backup-dir <directory>',
    env: 'BACKUP_DIR',
    help: 'where encrypted backups are made while the service runs; without it there are none',
  },
  backupIntervalMs: {
    flag: '--backup-interval-ms <ms>',
    env: 'BACKUP_INTERVAL_MS',
    help: 'how often (default 600000)',
  },
  backupKeep: {
    flag: '--backup-keep <number>',
    env: 'BACKUP_KEEP',
    help: 'how many of them are kept (default 144)',
  },
  backupRecipient: {
    flag: '--backup-recipient <age1>',
    env: 'BACKUP_RECIPIENT',
    help: 'public key of age that they are encrypted to: the key that opens them is elsewhere',
  },
  backupPassphraseFile: {
    flag: '--backup-passphrase-file <file>',
    env: 'BACKUP_PASSPHRASE_FILE',
    help: 'file with the passphrase that opens them, in place of a recipient',
  },
};

export const backupShape = {
  backupDir: optional(z.string().optional()),
  backupIntervalMs: optional(z.coerce.number().int().min(1_000).max(86_400_000).default(600_000)),
  backupKeep: optional(z.coerce.number().int().min(1).max(100_000).default(144)),
  backupRecipient: optional(z.string().optional()),
  backupPassphraseFile: optional(z.string().optional()),
};
