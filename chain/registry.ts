import { hexlify } from 'ethers';
import { z } from 'zod';
import {
  type KeyStatus,
  type SubjectKind,
  deviceRegistryInterface,
  keyStatuses,
  subjectKinds,
} from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import { type ContractAt, bytes, natural, oneOf, readView } from './view.ts';

/** A key as the registry has it: 32 bytes of Ed25519, of which kind of subject. */
export type RegisteredKey = {
  publicKey: Uint8Array;
  kind: SubjectKind;
  status: KeyStatus;
  keyNumber: number;
};

const keySchema = z.object({
  publicKey: bytes,
  kind: oneOf(subjectKinds),
  status: oneOf(keyStatuses),
  keyNumber: natural,
});

const revocationScopes = ['none', 'cut', 'anchoredHead'] as const;
const revocationSchema = z.object({
  scope: oneOf(revocationScopes),
  fromIndex: natural,
  revokedAtBlock: natural,
});

/** A subject's key by its number; undefined where there is none. `subject` is 32 bytes. */
export async function readKey(
  node: ChainNode,
  deployment: Deployment,
  subject: Uint8Array,
  keyNumber: number,
): Promise<RegisteredKey | undefined> {
  const key = await readView(node, registryOf(deployment), 'keyOf', [subject, keyNumber], keySchema);
  return key.status === 'unknown' ? undefined : key;
}

/** From which entry of a log on a key's signatures do not count; undefined where it is not revoked. */
export type Revocation = { fromIndex: number; isNamed: boolean; revokedAtBlock: number } | undefined;

/**
 * What the registry says of one key in each of these logs (64 hex digits), in their order. `isNamed` tells an index that
 * the registrar named from the log's anchored head at the revocation, after which entries are suspect.
 */
export async function readRevocations(
  node: ChainNode,
  deployment: Deployment,
  publicKey: Uint8Array,
  logIds: string[],
): Promise<Revocation[]> {
  const revocations: Revocation[] = [];
  for (const logId of logIds) {
    const args = [hexlify(publicKey), `0x${logId}`];
    const { scope, ...end } = await readView(
      node,
      registryOf(deployment),
      'revocationOf',
      args,
      revocationSchema,
    );
    revocations.push(scope === 'none' ? undefined : { ...end, isNamed: scope === 'cut' });
  }
  return revocations;
}

function registryOf(deployment: Deployment): ContractAt {
  return { address: deployment.deviceRegistry.address, abi: deviceRegistryInterface };
}
