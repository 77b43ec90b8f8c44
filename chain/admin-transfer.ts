import { ZeroAddress } from 'ethers';
import { z } from 'zod';
import { anchorLogInterface } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import type { RoleCall } from './roles.ts';
import type { Transactor } from './transactor.ts';
import { natural, readView } from './view.ts';

/** Who admits organisations and pausers, and who has been named to follow. Addresses are 0x hex. */
export type AdminState = {
  admin: string;
  /** how long the next admin has to wait from being named on */
  delaySeconds: number;
  pending: { admin: string; acceptFromMs: number } | undefined;
};

type Step = 'beginDefaultAdminTransfer' | 'acceptDefaultAdminTransfer' | 'cancelDefaultAdminTransfer';

const pendingSchema = z.object({ newAdmin: z.string(), schedule: natural });

/** AnchorLog's admin: DeviceRegistry has none of its own. */
export async function readAdmin(node: ChainNode, { anchorLog }: Deployment): Promise<AdminState> {
  const contract = { address: anchorLog.address, abi: anchorLogInterface };
  const [admin, delaySeconds, pending] = await Promise.all([
    readView(node, contract, 'defaultAdmin', [], z.string()),
    readView(node, contract, 'defaultAdminDelay', [], natural),
    readView(node, contract, 'pendingDefaultAdmin', [], pendingSchema),
  ]);
  return {
    admin,
    delaySeconds,
    pending:
      pending.newAdmin === ZeroAddress
        ? undefined
        : { admin: pending.newAdmin, acceptFromMs: (pending.schedule + 1) * 1000 },
  };
}

/**
 * Names the account that becomes the only admin once it accepts, where that was not done.
 * @returns from when on it may accept, Unix ms; undefined where it is the admin already
 */
export async function beginAdminTransfer(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
  to: string,
): Promise<number | undefined> {
  const { admin, pending } = await readAdmin(node, deployment);
  if (isSame(admin, to)) return undefined;
  if (isSame(pending?.admin, to)) return pending!.acceptFromMs;
  await by.confirm(await by.send(adminCall(deployment, 'beginDefaultAdminTransfer', [to])));
  return (await readAdmin(node, deployment)).pending?.acceptFromMs;
}

/** Takes over, by the account that was named, where it has not. @returns whether this call did it */
export async function acceptAdminTransfer(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
): Promise<boolean> {
  if (isSame((await readAdmin(node, deployment)).admin, by.address)) return false;
  await by.confirm(await by.send(adminCall(deployment, 'acceptDefaultAdminTransfer')));
  return true;
}

/** Takes back what was begun, by the present admin. @returns whether there was anything to take back */
export async function cancelAdminTransfer(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
): Promise<boolean> {
  if ((await readAdmin(node, deployment)).pending === undefined) return false;
  await by.confirm(await by.send(adminCall(deployment, 'cancelDefaultAdminTransfer')));
  return true;
}

/** The call of one step, for an account that this program does not hold the key of. */
export function adminCall({ anchorLog }: Deployment, step: Step, args: unknown[] = []): RoleCall {
  return { to: anchorLog.address, data: anchorLogInterface.encodeFunctionData(step, args) };
}

function isSame(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}
