import { type Interface, id } from 'ethers';
import { z } from 'zod';
import { anchorLogInterface, deviceRegistryInterface, organisationId } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import type { Transactor } from './transactor.ts';
import { readView } from './view.ts';

/** Accounts by what they may do. Addresses are 0x hex. */
export type RoleHolders = {
  /** enrol, rotate and revoke keys */
  registrars?: string[];
  /** pause and resume anchoring */
  pausers?: string[];
  /** open and close the logs of an organisation, and grant their anchorers */
  organisations?: { name: string; admin: string }[];
};

type Grant = { contract: string; abi: Interface; role: string; account: string };

const roleIds = {
  registrar: id('tianyuan.registrar'),
  pauser: id('tianyuan.pauser'),
  marker: id('tianyuan.marker'),
};

/** Grants what is not granted yet. @returns how many grants that were. @throws ChainError MISSING_ROLE */
export async function grantRoles(
  node: ChainNode,
  admin: Transactor,
  deployment: Deployment,
  { registrars = [], pausers = [], organisations = [] }: RoleHolders,
): Promise<number> {
  const log = { contract: deployment.anchorLog.address, abi: anchorLogInterface };
  const registry = { contract: deployment.deviceRegistry.address, abi: deviceRegistryInterface };
  return grantMissing(node, admin, [
    // A revocation marks the heads that are anchored at its moment.
    { ...log, role: roleIds.marker, account: deployment.deviceRegistry.address },
    ...registrars.map((account) => ({ ...registry, role: roleIds.registrar, account })),
    ...pausers.map((account) => ({ ...log, role: roleIds.pauser, account })),
    ...(await Promise.all(
      organisations.map(async ({ name, admin: account }) => ({
        ...log,
        role: await readRole(node, deployment, 'organisationRole', organisationId(name)),
        account,
      })),
    )),
  ]);
}

/** Lets an account append to a log; by the admin of the log's organisation. */
export async function grantAnchorer(
  node: ChainNode,
  organisationAdmin: Transactor,
  deployment: Deployment,
  { logId, account }: { logId: string; account: string },
): Promise<number> {
  const role = await readRole(node, deployment, 'anchorerRole', logId);
  return grantMissing(node, organisationAdmin, [
    { contract: deployment.anchorLog.address, abi: anchorLogInterface, role, account },
  ]);
}

async function grantMissing(node: ChainNode, by: Transactor, grants: Grant[]): Promise<number> {
  let granted = 0;
  for (const { contract, abi, role, account } of grants) {
    if (await readView(node, { address: contract, abi }, 'hasRole', [role, account], z.boolean())) continue;
    await by.confirm(
      await by.send({ to: contract, data: abi.encodeFunctionData('grantRole', [role, account]) }),
    );
    granted += 1;
  }
  return granted;
}

/** The id of an organisation's role, or of a log's anchorers, as AnchorLog has it. */
export function readRole(
  node: ChainNode,
  deployment: Deployment,
  view: 'organisationRole' | 'anchorerRole',
  argument: string,
): Promise<string> {
  const contract = { address: deployment.anchorLog.address, abi: anchorLogInterface };
  return readView(node, contract, view, [argument], z.string());
}
