import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Body, bodyNames, decodeUtf8, encodeBase64 } from '@tianyuan/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import { LauncherError } from './launcher-error.ts';
import { defaultHome, layoutOf } from './layout.ts';
import { ask, logIn } from './person/ask-service.ts';
import { enrolPerson, revokeKey } from './person/enrol-person.ts';
import { type PersonKey, makePersonKey, readPassphrase, readPersonKey } from './person/person-key.ts';
import { signAsPerson, signRotation } from './person/sign-as-person.ts';

type KeyFlags = { keyFile: string; passphraseFile?: string };

const defaultUrl = 'http://127.0.0.1:8080';
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const program = new Command('npm run person --').description(
  'Keys of people as files (signing tokens), what they sign, and how they log in. See docs/people.md.',
);

/** A command that acts under a key file. */
function withKey(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .requiredOption('--key-file <file>', 'the signing token, made by `key`')
    .option('--passphrase-file <file>', 'file with its passphrase');
}

const passphraseOf = ({ passphraseFile }: Pick<KeyFlags, 'passphraseFile'>): string | undefined =>
  passphraseFile === undefined ? undefined : readPassphrase(passphraseFile);

const openKey = (flags: KeyFlags): Promise<PersonKey> => readPersonKey(flags.keyFile, passphraseOf(flags));

program
  .command('key <person>')
  .description('make a key and print what a registrar enrols (chain enrol); also a second one, for recovery')
  .requiredOption('--key-file <file>', 'where it is kept; a file that is not there')
  .option('--number <n>', 'its number in the registry; 2 for a recovery key', counting, 1)
  .option('--passphrase-file <file>', 'seals it (age): file with at least 12 characters')
  .option('--plain', 'do not seal it, for a token that is locked away')
  .action(async (person: string, flags: KeyFlags & { number: number; plain?: boolean }) => {
    const passphrase = passphraseOf(flags);
    if ((passphrase === undefined) !== (flags.plain === true)) {
      throw new LauncherError('say either --passphrase-file or --plain');
    }
    const made = await makePersonKey(flags.keyFile, { person, key: flags.number }, passphrase);
    const publicKey = encodeBase64(made.publicKey);
    print(JSON.stringify({ persons: [{ person, key: made.key, publicKey }] }));
  });

withKey('sign', 'sign a body from a file and print the message, or send it')
  .addOption(new Option('--body <name>', 'what the file holds').choices(bodyNames).makeOptionMandatory())
  .requiredOption('--file <file>', 'JSON of the body')
  .option('--batch <id>', 'the batch that it is about')
  .option('--send <url>', 'send it to this trace API and print where it stands')
  .action(async (flags: KeyFlags & { body: string; file: string; batch?: string; send?: string }) => {
    const body = { [flags.body]: readJson(flags.file) } as Body;
    const payload = signAsPerson(flags.keyFile, await openKey(flags), body, flags.batch);
    print(await hand(payload, flags.send));
  });

withKey('rotate', 'make the next key, and sign with this one that it takes over')
  .requiredOption('--to <file>', 'where the next key is kept; sealed as this one is')
  .option('--send <url>', 'send the rotation to this trace API and print where it stands')
  .action(async (flags: KeyFlags & { to: string; send?: string }) => {
    const old = await openKey(flags);
    const fresh = await makePersonKey(
      flags.to,
      { person: old.person, key: old.key + 1 },
      passphraseOf(flags),
    );
    const { payload, rotation } = signRotation(flags.keyFile, old, fresh);
    // Standard output is the registrar's file alone.
    process.stderr.write(`${await hand(payload, flags.send)}\n`);
    const { device, key, lastBoot, lastSeq } = rotation;
    const keys = { oldPublicKey: encodeBase64(old.publicKey), publicKey: encodeBase64(fresh.publicKey) };
    print(JSON.stringify({ rotations: [{ device, key, ...keys, lastBoot, lastSeq }] }));
  });

withKey('login', 'log in and print the session’s bearer token')
  .option('--url <url>', 'the trace API', defaultUrl)
  .action(async (flags: KeyFlags & { url: string }) => {
    const { token, expiresAt } = await logIn(flags.url, await openKey(flags));
    print(token);
    process.stderr.write(`until ${new Date(expiresAt).toISOString()}\n`);
  });

withKeyOnChain('enrol <person>', 'enrol a person’s key on the chain of npm start')
  .option('--number <n>', 'its number in the registry', counting, 1)
  .option('--organisation <code>', 'also note the person as of this organisation, by its 统一社会信用代码')
  .action(
    async (
      person: string,
      flags: { publicKey: string; home: string; number: number; organisation?: string },
    ) => {
      const key = { person, key: flags.number, publicKey: flags.publicKey };
      await enrolPerson(layoutOf(resolve(flags.home)), key, flags.organisation);
      print(`key ${flags.number} of ${person} is enrolled`);
    },
  );

withKeyOnChain('revoke <person>', 'revoke a person’s key on the chain of npm start: a lost phone').action(
  async (person: string, flags: { publicKey: string; home: string }) => {
    await revokeKey(layoutOf(resolve(flags.home)), person, flags.publicKey);
    print(`the key of ${person} is revoked; its sessions are over`);
  },
);

function withKeyOnChain(name: string, description: string): Command {
  return program
    .command(name)
    .description(`${description}; elsewhere a registrar does it with chain enrol`)
    .requiredOption('--public-key <base64>', 'as the desk or `key` shows it')
    .option('--home <dir>', 'where npm start keeps everything', defaultHome);
}

/** The message itself, or where it stands once it was sent. */
async function hand(payload: Uint8Array, url: string | undefined): Promise<string> {
  return url === undefined
    ? decodeUtf8(payload)
    : JSON.stringify(await ask(url, 'POST', '/api/v1/messages', payload));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new LauncherError(`${file} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

function counting(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('a whole number from 1 on');
}

try {
  await program.parseAsync();
} catch (error) {
  const known = error instanceof LauncherError || (error as Error).name === 'ChainError';
  process.stderr.write(`${known ? (error as Error).message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}
