import { readFileSync } from 'node:fs';
import type { Queries } from '@tianyuan/platform';
import { decodeBase64, logIdHex, publicKeyOf, signEd25519 } from '@tianyuan/protocol';
import {
  type Misbehaviour,
  type SqliteStore,
  type WitnessKey,
  openSqliteStore,
  witnessRoutes,
} from '@tianyuan/witness';
import { ConfigError } from '../config.ts';
import { readRevocations, readSubjectKeys } from '../keys/read-keys.ts';

/**
 * The heads are in a file of their own and not in the database: each is synced before the cosignature leaves, and a
 * database that is restored from an older copy takes none of them back.
 */
export type OwnWitness = { key: WitnessKey; store: SqliteStore };

/** The trace API as a witness of every log that the registry has: under `/witness`, C2SP tlog-witness. */
export function ownWitnessRoutes(
  queries: Queries,
  { key, store }: OwnWitness,
  onMisbehaviour?: (found: Misbehaviour) => void,
) {
  return witnessRoutes({
    key,
    store,
    onMisbehaviour(found) {
      // Once a fork: whoever has the note can send it again for ever.
      if (store.keep(found, Date.now())) onMisbehaviour?.(found);
    },
    async keysOf(origin) {
      const logId = logIdHex(origin);
      const known = await readSubjectKeys(queries, logId);
      const revoked = await readRevocations(
        queries,
        known.map(({ id }) => id),
        logId,
      );
      return known.filter(({ id }) => !revoked.has(id)).map(({ publicKey }) => publicKey);
    },
  });
}

/**
 * What the witness of these settings keeps is opened, and never begun here: a state that is lost is the end of its key.
 * @returns undefined where no witness is configured
 * @throws ConfigError
 */
export function openOwnWitness(settings: {
  witnessName?: string | undefined;
  witnessKeyFile?: string | undefined;
  witnessStateFile?: string | undefined;
}): OwnWitness | undefined {
  const { witnessName: name, witnessKeyFile: keyFile, witnessStateFile: stateFile } = settings;
  if (name === undefined && keyFile === undefined && stateFile === undefined) return undefined;
  if (name === undefined || keyFile === undefined || stateFile === undefined) {
    throw new ConfigError('WITNESS_NAME, WITNESS_KEY_FILE and WITNESS_STATE_FILE are given together');
  }
  const key = readWitnessKey(name, keyFile);
  try {
    return { key, store: openSqliteStore(stateFile, key) };
  } catch (cause) {
    throw new ConfigError(
      `the witness's state ${stateFile} cannot be opened: \`npm run witness -- key\` begins one with a new key. ` +
        'Where it is lost, or was in the database of an earlier release, the key must not go on: make a new key and name',
      { cause },
    );
  }
}

/** @throws ConfigError */
function readWitnessKey(name: string, file: string): WitnessKey {
  try {
    const secret = decodeBase64(readFileSync(file, 'utf8').trim());
    return { name, publicKey: publicKeyOf(secret), sign: (text) => signEd25519(secret, text) };
  } catch (cause) {
    throw new ConfigError(
      `the witness key ${file} cannot be read: make one with \`npm run witness -- key\``,
      { cause },
    );
  }
}
