import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveAccounts, openRegistrar, readDeployment } from '@tianyuan/chain';
import { decodeBase64 } from '@tianyuan/protocol';
import { readAddresses } from '../addresses.ts';
import { demonstration } from '../demonstration.ts';
import { LauncherError } from '../launcher-error.ts';
import type { Layout } from '../layout.ts';
import { secretIn } from '../secret-file.ts';
import { ask } from './ask-service.ts';

export type KeyOfPerson = { person: string; key: number; publicKey: string };

/** Enrols a person's key on this machine's chain, and notes the person as an organisation's where one is named. */
export async function enrolPerson(
  layout: Layout,
  { person, key, publicKey }: KeyOfPerson,
  organisation: string | undefined,
): Promise<void> {
  const registrar = await registrarOf(layout);
  try {
    await registrar.enrol({ kind: 'person', id: person, key, publicKey: keyBytes(publicKey) });
  } finally {
    registrar.close();
  }
  if (organisation === undefined) return;
  const { traceUrl } = readAddresses(layout.addresses);
  const body = JSON.stringify({ organisation });
  await ask(traceUrl, 'PUT', `/api/v1/people/${person}`, body, secretIn(layout.ownerToken));
}

/** Revokes a key on this machine's chain: a session under it ends, and nothing signed from now on counts. */
export async function revokeKey(layout: Layout, person: string, publicKey: string): Promise<void> {
  const registrar = await registrarOf(layout);
  try {
    await registrar.revoke({ id: person, publicKey: keyBytes(publicKey), cuts: [] });
  } finally {
    registrar.close();
  }
}

async function registrarOf(layout: Layout) {
  const { rpcUrl } = readAddresses(layout.addresses);
  const { registrar } = deriveAccounts(readFileSync(join(layout.chain, 'mnemonic'), 'utf8').trim());
  const deployment = await readDeployment(layout.deployment);
  const keysOf = demonstration.organisation;
  return openRegistrar({ rpcUrl, deployment, registrarKey: registrar.privateKey, keysOf });
}

function keyBytes(text: string): Uint8Array {
  try {
    const bytes = decodeBase64(text);
    if (bytes.length === 32) return bytes;
  } catch {
    // said below
  }
  throw new LauncherError(
    `--public-key is the base64 of 32 bytes, as the desk shows it; this is not: ${text}`,
  );
}
