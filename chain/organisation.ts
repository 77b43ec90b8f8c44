import { logId, sha256, utf8ToBytes } from '@tianyuan/protocol';
import { ZeroHash } from 'ethers';
import { z } from 'zod';
import { ChainError } from './chain-error.ts';
import { anchorLogInterface, deviceRegistryInterface, organisationId } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import { readView } from './view.ts';

/** An organisation by its name; or as the one that a log, by its origin, or a device or person, by its id, is of. */
export type Organisation = string | { ofLog: string } | { ofSubject: string };

/** bytes32 of an organisation. @throws ChainError LOG_UNKNOWN, KEY_CONFLICT where the chain knows of none */
export async function readOrganisation(
  node: ChainNode,
  deployment: Deployment,
  of: Organisation,
): Promise<string> {
  if (typeof of === 'string') return organisationId(of);
  if ('ofSubject' in of) {
    const registry = { address: deployment.deviceRegistry.address, abi: deviceRegistryInterface };
    const subject = sha256(utf8ToBytes(of.ofSubject));
    const found = await readView(node, registry, 'organisationOf', [subject], z.string());
    if (found !== ZeroHash) return found;
    throw new ChainError('KEY_CONFLICT', `${of.ofSubject} has no key yet: enrol its first one`);
  }
  const contract = { address: deployment.anchorLog.address, abi: anchorLogInterface };
  const schema = z.object({ organisation: z.string() });
  const { organisation } = await readView(node, contract, 'logOf', [logId(of.ofLog)], schema);
  if (organisation !== ZeroHash) return organisation;
  throw new ChainError(
    'LOG_UNKNOWN',
    `log ${of.ofLog} was never opened on this chain, so whose keys its devices' are is not known: have its organisation ` +
      'open it (`chain enrol`)',
  );
}
