import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sm2 } from 'sm-crypto-v2';
import { z } from 'zod';
import type { Record } from './record.ts';
import { exampleRecord, recordSchema } from './record.ts';
import { type Algorithm, type Encoding, type KeyPair, userId } from './signing.ts';
import { SimulatorError } from './simulator-error.ts';

const keySchema = z.strictObject({
  keyId: z.string(),
  algorithm: z.enum(['SM2-SM3', 'RSA-SHA256']),
  privateKey: z.string(),
  publicKey: z.string(),
});

const keysSchema = z.strictObject({
  /** the platform's own */
  platform: z.array(keySchema).min(1),
  /** one client, and what it was given: its private keys are here only because this is a simulator */
  client: z.strictObject({
    clientId: z.string(),
    secrets: z.array(z.string()).min(1),
    keys: z.array(keySchema),
  }),
});

export type Keys = z.infer<typeof keysSchema>;

/** The simulator's directory: `keys.json`, `records.json`, and under `client/` what a client of it is given. */
export type Home = { dir: string; keys: Keys; records: Map<string, Record> };

/** Opens the directory, and begins it with new keys and one record where it is empty. @throws SimulatorError */
export function openHome(dir: string): Home {
  try {
    mkdirSync(join(dir, 'client'), { recursive: true, mode: 0o700 });
    const keys = keysSchema.parse(readOrBegin(join(dir, 'keys.json'), newKeys));
    const records = z
      .array(recordSchema)
      .parse(readOrBegin(join(dir, 'records.json'), () => [exampleRecord]));
    return { dir, keys, records: new Map(records.map((record) => [record.traceCode, record])) };
  } catch (cause) {
    const message = `${dir} is no home for the simulator: ${(cause as Error).message}; name another with --home`;
    throw new SimulatorError('HOME_UNUSABLE', message, { cause });
  }
}

export function saveRecords({ dir, records }: Home): void {
  writeFileSync(join(dir, 'records.json'), `${JSON.stringify([...records.values()], null, 2)}\n`);
}

/** What the client's configuration is, once it is known where the platform listens. */
export function writeClientKit(
  { dir, keys }: Home,
  url: string,
  { algorithm, encoding }: { algorithm: Algorithm; encoding: Encoding },
): string {
  const own = keys.client.keys.find((key) => key.algorithm === algorithm)!;
  const file = (name: string) => join(dir, 'client', name);
  writeFileSync(file('secrets'), `${keys.client.secrets.join('\n')}\n`, { mode: 0o600 });
  for (const { keyId, privateKey } of keys.client.keys)
    writeFileSync(file(keyId), privateKey, { mode: 0o600 });
  const environment = {
    name: 'simulator',
    baseUrl: url,
    clientId: keys.client.clientId,
    secretsFile: file('secrets'),
    sm2: { userId, encoding },
    signing: { algorithm, keyId: own.keyId, keyFile: file(own.keyId) },
    trustedKeys: keys.platform.map(({ privateKey: _, ...key }) => key),
    mapping: 'tc-1.0/1',
  };
  const target = file('environments.json');
  writeFileSync(
    target,
    `${JSON.stringify({ primary: 'simulator', environments: [environment] }, null, 2)}\n`,
  );
  return target;
}

function readOrBegin(file: string, begin: () => unknown): unknown {
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(begin(), null, 2)}\n`, { mode: 0o600 });
  return JSON.parse(readFileSync(file, 'utf8'));
}

function newKeys(): Keys {
  return {
    platform: [newSm2Key('tc-sm2-1'), newRsaKey('tc-rsa-1')],
    client: {
      clientId: 'tianyuan',
      secrets: [newSecret()],
      keys: [newSm2Key('client-sm2-1'), newRsaKey('client-rsa-1')],
    },
  };
}

export const newSecret = (): string => randomBytes(24).toString('base64url');

function newSm2Key(keyId: string): KeyPair {
  return { keyId, algorithm: 'SM2-SM3', ...sm2.generateKeyPairHex() };
}

function newRsaKey(keyId: string): KeyPair {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { keyId, algorithm: 'RSA-SHA256', ...pair };
}
