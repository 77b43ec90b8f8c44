import type { Command } from 'commander';
import {
  acceptAdminTransfer,
  adminCall,
  beginAdminTransfer,
  cancelAdminTransfer,
  readAdmin,
} from '../admin-transfer.ts';
import { type RoleFlags, describeCall, openedFor, withActor, withTarget } from './role-step.ts';

/** `chain admin`: who admits organisations, and how that changes hands. */
export function addAdminCommands(program: Command, defaultRpc: string, say: (line: string) => void): void {
  const admin = program
    .command('admin')
    .description('who admits organisations and pausers, and hands over in two steps with a delay between');

  const step = (name: string, description: string): Command =>
    withActor(admin.command(name).description(description), defaultRpc);

  withTarget(
    admin.command('show').description('who it is, and who has been named to follow'),
    defaultRpc,
  ).action((flags: RoleFlags) =>
    openedFor(flags, async ({ node, deployment }) => {
      const { admin: address, delaySeconds, pending } = await readAdmin(node, deployment);
      const next =
        pending === undefined
          ? 'nobody is named to follow'
          : `${pending.admin} may accept from ${isoTime(pending.acceptFromMs)} on`;
      say(`${address}, delay ${delaySeconds} s; ${next}`);
    }),
  );

  step('begin', 'name the account that takes over: by the present admin')
    .argument('<address>', 'the next admin, meant to be a multi-signature account')
    .action((to: string, flags: RoleFlags) =>
      openedFor(flags, async ({ node, deployment, by }) => {
        if (flags.print) return say(describeCall(adminCall(deployment, 'beginDefaultAdminTransfer', [to])));
        const acceptFromMs = await beginAdminTransfer(node, await by(), deployment, to);
        say(
          acceptFromMs === undefined
            ? `${to} is the admin already`
            : `${to} may accept from ${isoTime(acceptFromMs)} on: \`chain admin accept\``,
        );
      }),
    );

  step('accept', 'take over: by the account that was named, once the delay is over').action(
    (flags: RoleFlags) =>
      openedFor(flags, async ({ node, deployment, by }) => {
        if (flags.print) return say(describeCall(adminCall(deployment, 'acceptDefaultAdminTransfer')));
        const account = await by();
        const isNew = await acceptAdminTransfer(node, account, deployment);
        say(`${account.address} ${isNew ? 'took over' : 'was the admin already'}`);
      }),
  );

  step('cancel', 'take back what was begun: by the present admin').action((flags: RoleFlags) =>
    openedFor(flags, async ({ node, deployment, by }) => {
      if (flags.print) return say(describeCall(adminCall(deployment, 'cancelDefaultAdminTransfer')));
      const isNew = await cancelAdminTransfer(node, await by(), deployment);
      say(isNew ? 'cancelled' : 'nobody had been named');
    }),
  );
}

function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
