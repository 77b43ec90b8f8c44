import { type Interface, ZeroAddress } from 'ethers';
import { z } from 'zod';
import { anchorLogInterface, deviceRegistryInterface } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import type { ChainNode } from './node.ts';
import type { Transactor } from './transactor.ts';
import { natural, readView } from './view.ts';

/** Who rules over one contract's roles, and who has been named to follow. Addresses are 0x hex. */
export type AdminState = {
  contract: string;
  admin: string;
  /** how long the next admin has to wait from being named on */
  delaySeconds: number;
  pending: { admin: string; acceptFromMs: number } | undefined;
};

/** One call to be made by whoever may, a multi-signature account for instance: what it signs is this. */
export type AdminCall = { to: string; data: string };

type Step = 'beginDefaultAdminTransfer' | 'acceptDefaultAdminTransfer' | 'cancelDefaultAdminTransfer';

const pendingSchema = z.object({ newAdmin: z.string(), schedule: natural });

/** AnchorLog's admin and DeviceRegistry's, in this order. */
export async function readAdmins(node: ChainNode, deployment: Deployment): Promise<AdminState[]> {
  return Promise.all(
    contractsOf(deployment).map(async ({ address, abi }) => {
      const [admin, delaySeconds, pending] = await Promise.all([
        readView(node, { address, abi }, 'defaultAdmin', [], z.string()),
        readView(node, { address, abi }, 'defaultAdminDelay', [], natural),
        readView(node, { address, abi }, 'pendingDefaultAdmin', [], pendingSchema),
      ]);
      return {
        contract: address,
        admin,
        delaySeconds,
        pending:
          pending.newAdmin === ZeroAddress
            ? undefined
            : { admin: pending.newAdmin, acceptFromMs: (pending.schedule + 1) * 1000 },
      };
    }),
  );
}

/**
 * Names the account that becomes the only admin of both contracts once it accepts, where that was not done.
 * @returns from when on it may accept, Unix ms; undefined where it is the admin already
 */
export async function beginAdminTransfer(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
  to: string,
): Promise<number | undefined> {
  const states = await readAdmins(node, deployment);
  const wanted = states.filter(({ admin, pending }) => !isSame(admin, to) && !isSame(pending?.admin, to));
  await send(by, adminCalls(deployment, 'beginDefaultAdminTransfer', [to]), wanted);
  const times = (await readAdmins(node, deployment)).flatMap(({ pending }) => pending?.acceptFromMs ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Takes both contracts over, by the account that was named, as far as it has not. @returns how many it took over */
export async function acceptAdminTransfer(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
): Promise<number> {
  const states = await readAdmins(node, deployment);
  const wanted = states.filter(({ admin }) => !isSame(admin, by.address));
  return send(by, adminCalls(deployment, 'acceptDefaultAdminTransfer'), wanted);
}

/** Takes back what was begun, by the present admin. @returns of how many contracts */
export async function cancelAdminTransfer(
  node: ChainNode,
  by: Transactor,
  deployment: Deployment,
): Promise<number> {
  const wanted = (await readAdmins(node, deployment)).filter(({ pending }) => pending !== undefined);
  return send(by, adminCalls(deployment, 'cancelDefaultAdminTransfer'), wanted);
}

/** The calls of one step, one for each contract, for an account that this program does not hold the key of. */
export function adminCalls(deployment: Deployment, step: Step, args: unknown[] = []): AdminCall[] {
  return contractsOf(deployment).map(({ address, abi }) => ({
    to: address,
    data: abi.encodeFunctionData(step, args),
  }));
}

async function send(by: Transactor, calls: AdminCall[], wanted: AdminState[]): Promise<number> {
  for (const call of calls) {
    if (wanted.some(({ contract }) => contract === call.to)) await by.confirm(await by.send(call));
  }
  return wanted.length;
}

function contractsOf({ anchorLog, deviceRegistry }: Deployment): { address: string; abi: Interface }[] {
  return [
    { address: anchorLog.address, abi: anchorLogInterface },
    { address: deviceRegistry.address, abi: deviceRegistryInterface },
  ];
}

function isSame(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}
