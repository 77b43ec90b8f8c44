import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Decrypter, Encrypter } from 'age-encryption';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { GatewayError } from '../gateway-error.ts';
import { keyFileName, readGatewayKey, writeKeyFile } from '../log/gateway-key.ts';
import { openBeside } from './open-beside.ts';
import { openStore } from './store.ts';

/**
 * A backup is an age file (age-encryption.org/v1): whoever has the passphrase or the identity opens it with any age tool,
 * and finds an SQLite database, the gateway's own with one table more. It holds the key that signs the log.
 */
export type Lock = { passphrase: string } | { recipient: string };
export type Unlock = { passphrase: string } | { identity: string };

/** What a backup says of itself. `size` counts entries of the log. */
export type BackupContents = { origin: string; size: number; madeAt: number };

const contentsSchema = z.object({ origin: z.string(), size: z.int().min(0), madeAt: z.int().min(0) });

/**
 * Copies the store, at one moment of a running agent, with its key, into one encrypted file that is whole or is not there.
 * The copy lies beside the store while it is encrypted: the disk must have room for it.
 * @throws GatewayError STORE_FAILED, KEY_FILE, BACKUP
 */
export async function backUp(
  dataDir: string,
  file: string,
  lock: Lock,
  now: number,
): Promise<BackupContents> {
  if (existsSync(file)) throw failed(`${file} is there already: name another file, or remove it first`);
  const copy = join(dataDir, 'backup.partial.db');
  const draft = `${file}.partial`;
  try {
    const contents = await copyStore(dataDir, copy, now);
    await encrypt(copy, draft, lock);
    syncFile(draft);
    renameSync(draft, file);
    return contents;
  } finally {
    removeDatabase(copy);
    rmSync(draft, { force: true });
  }
}

async function copyStore(dataDir: string, copy: string, now: number): Promise<BackupContents> {
  if (!existsSync(join(dataDir, 'gateway.db'))) throw failed(`there is no gateway in ${dataDir}`);
  const key = readGatewayKey(join(dataDir, keyFileName));
  if (key === undefined)
    throw failed(`${dataDir} has no ${keyFileName}: a gateway that never ran has nothing to back up`);
  removeDatabase(copy);
  const store = openBeside(dataDir);
  try {
    // All pages in one step: a step later would begin anew whenever the agent has written meanwhile.
    await store.sqlite.backup(copy, { progress: ({ remainingPages }) => Math.max(1, remainingPages) });
  } finally {
    store.close();
  }
  const sqlite = new Database(copy);
  try {
    const origin = sqlite.prepare("SELECT value FROM settings WHERE name = 'origin'").pluck().get() as
      string | undefined;
    if (origin === undefined) throw failed(`the gateway in ${dataDir} never ran: it has nothing to back up`);
    const size = sqlite.prepare('SELECT COALESCE(MAX(idx) + 1, 0) FROM entries').pluck().get() as number;
    const contents: BackupContents = { origin, size, madeAt: now };
    sqlite.exec('CREATE TABLE backup (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
    const put = sqlite.prepare('INSERT INTO backup VALUES (?, ?)');
    put.run('key', Buffer.from(key).toString('base64'));
    put.run('contents', JSON.stringify(contents));
    // In the copy itself, so that one which is restored by hand signs no second history either.
    sqlite
      .prepare(
        `INSERT INTO settings (name, value) VALUES ('restoredSize', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      )
      .run(String(size));
    sqlite.pragma('journal_mode = DELETE');
    return contents;
  } finally {
    sqlite.close();
  }
}

/**
 * Makes a gateway's directory from a backup. It signs nothing before the trace API and the chain have shown that nothing
 * was signed after the backup: see log/restoration.ts.
 * @throws GatewayError BACKUP where the file, the passphrase or the directory does not do
 */
export async function restore(file: string, dataDir: string, unlock: Unlock): Promise<BackupContents> {
  if (existsSync(join(dataDir, 'gateway.db')) || existsSync(join(dataDir, keyFileName)))
    throw failed(`${dataDir} holds a gateway already: restore into an empty directory`);
  const draft = join(dataDir, 'restore.partial.db');
  try {
    await decrypt(file, draft, dataDir, unlock);
    const { key, contents } = takeOut(file, draft);
    writeKeyFile(join(dataDir, keyFileName), key);
    syncFile(draft);
    // Last: a directory with a database is a restored gateway, one without is none.
    renameSync(draft, join(dataDir, 'gateway.db'));
    openStore(dataDir).close();
    return contents;
  } finally {
    removeDatabase(draft);
  }
}

/** Reads what the backup added to the database, and takes it out of it. */
function takeOut(file: string, draft: string): { key: Uint8Array; contents: BackupContents } {
  const sqlite = new Database(draft);
  try {
    const verdict = sqlite.pragma('quick_check', { simple: true }) as string;
    if (verdict !== 'ok') throw failed(`the database in ${file} is damaged: ${verdict}`);
    const value = sqlite.prepare('SELECT value FROM backup WHERE name = ?').pluck();
    const key = Buffer.from(String(value.get('key')), 'base64');
    const contents = contentsSchema.parse(JSON.parse(String(value.get('contents'))));
    sqlite.exec('DROP TABLE backup');
    sqlite.exec('VACUUM'); // a dropped table's pages would keep the key
    return { key, contents };
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw failed(`${file} is no backup of a gateway`, cause);
  } finally {
    sqlite.close();
  }
}

async function encrypt(from: string, to: string, lock: Lock): Promise<void> {
  const encrypter = new Encrypter();
  if ('passphrase' in lock) encrypter.setPassphrase(lock.passphrase);
  else {
    try {
      encrypter.addRecipient(lock.recipient);
    } catch (cause) {
      throw failed(`"${lock.recipient}" is no recipient of age: those begin with age1`, cause);
    }
  }
  const plain = Readable.toWeb(createReadStream(from)) as ReadableStream<Uint8Array>;
  const sealed = await encrypter.encrypt(plain);
  await sealed.pipeTo(newPrivateFile(to));
}

async function decrypt(file: string, to: string, dataDir: string, unlock: Unlock): Promise<void> {
  if (!existsSync(file)) throw failed(`there is no ${file}`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  rmSync(to, { force: true });
  const decrypter = new Decrypter();
  if ('passphrase' in unlock) decrypter.addPassphrase(unlock.passphrase);
  else decrypter.addIdentity(unlock.identity);
  try {
    const sealed = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    const plain = await decrypter.decrypt(sealed);
    await plain.pipeTo(newPrivateFile(to));
  } catch (cause) {
    throw failed(
      `${file} cannot be opened: another passphrase or identity sealed it, it is damaged, or it is no backup`,
      cause,
    );
  }
}

function newPrivateFile(file: string): WritableStream<Uint8Array> {
  return Writable.toWeb(createWriteStream(file, { mode: 0o600, flags: 'wx' })) as WritableStream<Uint8Array>;
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function failed(message: string, cause?: unknown): GatewayError {
  return new GatewayError('BACKUP', message, { cause });
}
