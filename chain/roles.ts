import { id } from 'ethers';
import { z } from 'zod';
import { anchorLogInterface, organisationId } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import type { Transactor } from './transactor.ts';
import { type ContractAt, readView } from './view.ts';

/** Accounts by what they may do. Addresses are 0x hex. */
export type RoleHolders = {
  /** pause and resume anchoring */
  pausers?: string[];
  /** let in, each with the first account that acts for it; from then on nobody else rules over its roles */
  organisations?: { name: string; admin: string; registrars?: string[] }[];
};

/** One call to be made by whoever may, a multi-signature account for instance: what it signs is this. */
export type RoleCall = { to: string; data: string };

/** What an organisation's accounts may be: act for it, or enrol, rotate and revoke its keys. */
export const organisationRoles = ['admin', 'registrar'] as const;
export type OrganisationRole = (typeof organisationRoles)[number];

const roleIds = { pauser: id('tianyuan.pauser'), marker: id('tianyuan.marker') };

/**
 * Admits and grants what is not there yet. Registrars are their organisation's to grant: they are granted here where the admin
 * acts for the organisation itself.
 * @returns how many admissions and grants that were
 * @throws ChainError MISSING_ROLE
 */
export async function grantRoles(
  node: ChainNode,
  admin: Transactor,
  deployment: Deployment,
  { pausers = [], organisations = [] }: RoleHolders,
): Promise<number> {
  // A revocation marks the heads that are anchored at its moment.
  let granted = await grant(node, admin, deployment, roleIds.marker, [deployment.deviceRegistry.address]);
  granted += await grant(node, admin, deployment, roleIds.pauser, pausers);
  for (const { name, admin: account, registrars = [] } of organisations) {
    if (await admitOrganisation(node, admin, deployment, { name, admin: account })) granted += 1;
    granted += await grant(node, admin, deployment, await organisationRole(node, deployment, name, 'admin'), [
      account,
    ]);
    const registrar = await organisationRole(node, deployment, name, 'registrar');
    granted += await grant(node, admin, deployment, registrar, registrars);
  }
  return granted;
}

/** Lets an organisation in, by the default admin, where that was not done. @returns whether this call did it */
export async function admitOrganisation(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
  { name, admin }: { name: string; admin: string },
): Promise<boolean> {
  const role = await organisationRole(node, deployment, name, 'admin');
  // An organisation rules over itself once it is admitted.
  if ((await readView(node, anchorLogOf(deployment), 'getRoleAdmin', [role], z.string())) === role)
    return false;
  await by.confirm(await by.send(admissionCall(deployment, { name, admin })));
  return true;
}

export function admissionCall(
  deployment: Deployment,
  { name, admin }: { name: string; admin: string },
): RoleCall {
  return callOf(deployment, 'admitOrganisation', [organisationId(name), admin]);
}

/** Lets an account append to a log; by an account of the log's organisation. */
export async function grantAnchorer(
  node: ChainNode,
  organisation: Transactor,
  deployment: Deployment,
  { logId, account }: { logId: string; account: string },
): Promise<number> {
  const role = await readRole(node, deployment, 'anchorerRole', logId);
  return grant(node, organisation, deployment, role, [account]);
}

/** A change of who acts for an organisation or enrols its keys, for one of its accounts to make. */
export async function organisationCall(
  node: ChainNode,
  deployment: Deployment,
  change: { name: string; as: OrganisationRole; account: string; step: 'grantRole' | 'revokeRole' },
): Promise<RoleCall> {
  const role = await organisationRole(node, deployment, change.name, change.as);
  return callOf(deployment, change.step, [role, change.account]);
}

async function grant(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
  role: string,
  accounts: string[],
): Promise<number> {
  let granted = 0;
  for (const account of accounts) {
    if (await readView(node, anchorLogOf(deployment), 'hasRole', [role, account], z.boolean())) continue;
    await by.confirm(await by.send(callOf(deployment, 'grantRole', [role, account])));
    granted += 1;
  }
  return granted;
}

function organisationRole(
  node: ChainNode,
  deployment: Deployment,
  name: string,
  as: OrganisationRole,
): Promise<string> {
  const view = as === 'admin' ? 'organisationRole' : 'registrarRole';
  return readRole(node, deployment, view, organisationId(name));
}

/** The id of an organisation's roles, or of a log's anchorers, as AnchorLog has it. */
export function readRole(
  node: ChainNode,
  deployment: Deployment,
  view: 'organisationRole' | 'registrarRole' | 'anchorerRole',
  argument: string,
): Promise<string> {
  return readView(node, anchorLogOf(deployment), view, [argument], z.string());
}

function callOf({ anchorLog }: Deployment, name: string, args: unknown[]): RoleCall {
  return { to: anchorLog.address, data: anchorLogInterface.encodeFunctionData(name, args) };
}

function anchorLogOf({ anchorLog }: Deployment): ContractAt {
  return { address: anchorLog.address, abi: anchorLogInterface };
}
