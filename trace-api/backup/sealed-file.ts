import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { BackupError } from './backup-error.ts';

/** Who can open the file: anybody with the passphrase, or the holder of the identity of an age recipient. */
export type Lock = { passphrase: string } | { recipient: string };
export type Unlock = { passphrase: string } | { identity: string };

/** Rows compress to a third or so; more effort costs time and gains little. */
const gzipLevel = 4;

/**
 * Writes lines into an age file (age-encryption.org/v1) around gzip, which is whole or is not there: any age tool and gunzip
 * open it without us.
 * @throws BackupError
 */
export async function sealLines(file: string, lock: Lock, lines: AsyncIterable<string>): Promise<void> {
  if (existsSync(file))
    throw new BackupError(`${file} is there already: name another file, or remove it first`);
  const draft = `${file}.partial`;
  rmSync(draft, { force: true });
  try {
    const encrypter = newEncrypter(lock);
    const packed = new PassThrough();
    const packing = pipeline(Readable.from(withNewlines(lines)), createGzip({ level: gzipLevel }), packed);
    const sealing = encrypter
      .encrypt(Readable.toWeb(packed) as ReadableStream<Uint8Array>)
      .then((sealed) =>
        sealed.pipeTo(
          Writable.toWeb(
            createWriteStream(draft, { mode: 0o600, flags: 'wx' }),
          ) as WritableStream<Uint8Array>,
        ),
      );
    await Promise.all([packing, sealing]);
    syncFile(draft);
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The lines of a sealed file, one after the other. @throws BackupError where it cannot be opened, or is damaged */
export async function* openLines(file: string, unlock: Unlock): AsyncGenerator<string> {
  if (!existsSync(file)) throw new BackupError(`there is no ${file}`);
  const decrypter = new Decrypter();
  if ('passphrase' in unlock) decrypter.addPassphrase(unlock.passphrase);
  else decrypter.addIdentity(unlock.identity);
  const failed = (cause: unknown) =>
    new BackupError(
      `${file} cannot be opened: another passphrase or identity sealed it, it is damaged, or it is no backup`,
      { cause },
    );
  const unpacked = createGunzip();
  let failure: unknown;
  try {
    const sealed = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    const plain = await decrypter.decrypt(sealed);
    const reading = pipeline(Readable.fromWeb(plain as never), unpacked).catch((error: unknown) => {
      failure = error;
    });
    for await (const line of createInterface({ input: unpacked, crlfDelay: Infinity })) yield line;
    await reading;
  } catch (cause) {
    throw cause instanceof BackupError ? cause : failed(cause);
  } finally {
    unpacked.destroy();
  }
  if (failure !== undefined) throw failed(failure);
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

function newEncrypter(lock: Lock): Encrypter {
  const encrypter = new Encrypter();
  if ('passphrase' in lock) encrypter.setPassphrase(lock.passphrase);
  else {
    try {
      encrypter.addRecipient(lock.recipient);
    } catch (cause) {
      throw new BackupError(`"${lock.recipient}" is no recipient of age: those begin with age1`, { cause });
    }
  }
  return encrypter;
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
