import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../config.ts';
import { findMapping } from '../mapping/mappings.ts';
import { type SigningKey, algorithms } from '../signing/signature.ts';
import type { NationalEnvironment, NationalEnvironments } from './environment.ts';

const name = z.string().regex(/^[a-z0-9-]{1,32}$/, 'a name has 1 to 32 of a-z, 0-9 and -');
const keyId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);

/** Nobody between is to read a token: plain HTTP is for this machine only. */
const baseUrl = z.url({ protocol: /^https?$/ }).refine((text) => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}, 'https, but for this machine');

const trustedKey = z.discriminatedUnion('algorithm', [
  z.strictObject({
    algorithm: z.literal('SM2-SM3'),
    keyId,
    publicKey: z.string().regex(/^04[0-9a-f]{128}$/, '04 and 128 hex digits: the uncompressed point'),
  }),
  z.strictObject({
    algorithm: z.literal('RSA-SHA256'),
    keyId,
    publicKey: z.string().refine(isRsa, 'no PEM of an RSA key of 2048 bits or more'),
  }),
]);

const environmentSchema = z.strictObject({
  name,
  baseUrl,
  clientId: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  /** one secret a line, newest first; read again at each token */
  secretsFile: z.string(),
  sm2: z
    .strictObject({
      // ENTL counts bits in two bytes.
      userId: z.string().min(1).max(64).default('1234567812345678'),
      encoding: z.enum(['rs', 'der']).default('rs'),
    })
    .prefault({}),
  signing: z.strictObject({ algorithm: z.enum(algorithms), keyId, keyFile: z.string() }),
  trustedKeys: z.array(trustedKey).min(1).max(8),
  mapping: z.string(),
  timeoutMs: z.int().min(100).max(30_000).default(3_000),
});

const splitSchema = z.strictObject({
  environment: name,
  on: z.boolean().default(true),
  percent: z.number().min(0).max(100).default(0),
  prefixes: z
    .array(z.string().regex(/^[A-Za-z0-9]{1,64}$/))
    .max(1_000)
    .default([]),
});

const fileSchema = z
  .strictObject({
    primary: name,
    environments: z.array(environmentSchema).min(1).max(8),
    splits: z.array(splitSchema).max(8).default([]),
    fallBack: z.boolean().default(true),
  })
  .refine(
    ({ primary, environments, splits }) =>
      [primary, ...splits.map(({ environment }) => environment)].every((one) =>
        environments.some((is) => is.name === one),
      ),
    'primary and every split name one of the environments',
  )
  .refine(
    ({ environments }) => new Set(environments.map((one) => one.name)).size === environments.length,
    'two environments have one name',
  )
  .refine(
    ({ splits }) => splits.reduce((sum, { percent }) => sum + percent, 0) <= 100,
    'the splits are more than 100 percent',
  );

/** The national platform's environments, docs/trace-china.md. Paths in the file are relative to it. @throws ConfigError */
export function readEnvironments(file: string): NationalEnvironments {
  const at = (path: string) => resolve(dirname(file), path);
  try {
    const parsed = fileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
    const { primary, environments, splits, fallBack } = parsed.data;
    return {
      primary,
      fallBack,
      environments: environments.map((one) => openEnvironment(one, at)),
      splits: splits.map(({ percent, ...split }) => ({ ...split, basisPoints: Math.round(percent * 100) })),
    };
  } catch (cause) {
    throw new ConfigError(
      `${file} names no environments of the national platform: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function openEnvironment(
  { secretsFile, sm2, signing, mapping, ...rest }: z.infer<typeof environmentSchema>,
  at: (path: string) => string,
): NationalEnvironment {
  const readSecrets = () =>
    readFileSync(at(secretsFile), 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .slice(0, 4); // a new one, an old one, and two that were forgotten
  if (readSecrets().length === 0) throw new Error(`${secretsFile} holds no secret`);
  const table = findMapping(mapping);
  if (table === undefined) throw new Error(`environment ${rest.name}: there is no mapping ${mapping}`);
  return { ...rest, readSecrets, form: sm2, signing: readSigningKey(signing, at), mapping: table };
}

function readSigningKey(
  { keyFile, ...signing }: { algorithm: SigningKey['algorithm']; keyId: string; keyFile: string },
  at: (path: string) => string,
): SigningKey {
  const privateKey = readFileSync(at(keyFile), 'utf8').trim();
  if (signing.algorithm === 'SM2-SM3') {
    if (!/^[0-9a-f]{64}$/.test(privateKey)) throw new Error(`${keyFile} is no SM2 key: 64 hex digits`);
  } else {
    createPrivateKey(privateKey);
  }
  return { ...signing, privateKey };
}

function isRsa(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem);
    return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  } catch {
    return false;
  }
}
