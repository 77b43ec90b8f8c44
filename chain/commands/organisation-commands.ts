import { Argument, type Command } from 'commander';
import {
  type OrganisationRole,
  admissionCall,
  admitOrganisation,
  organisationCall,
  organisationRoles,
} from '../roles.ts';
import { type RoleFlags, describeCall, openedFor, withActor } from './role-step.ts';

/** `chain organisation`: letting one in, and its own say over who acts for it and who enrols its keys. */
export function addOrganisationCommands(
  program: Command,
  defaultRpc: string,
  say: (line: string) => void,
): void {
  const organisation = program
    .command('organisation')
    .description('admit an organisation; and, by the organisation itself, its accounts and registrars');

  withActor(
    organisation.command('admit').description('let one in, with its first account: by the default admin'),
    defaultRpc,
  )
    .argument('<name>', 'its name, of which the chain sees the hash')
    .argument('<address>', 'acts for it, and names the others; meant to be a multi-signature account')
    .action((name: string, admin: string, flags: RoleFlags) =>
      openedFor(flags, async ({ node, deployment, by }) => {
        if (flags.print) return say(describeCall(admissionCall(deployment, { name, admin })));
        const isNew = await admitOrganisation(node, await by(), deployment, { name, admin });
        say(`${name} ${isNew ? `is admitted, and ${admin} acts for it` : 'was admitted already'}`);
      }),
    );

  for (const [command, step, said] of [
    ['grant', 'grantRole', 'is'],
    ['revoke', 'revokeRole', 'is no longer'],
  ] as const) {
    withActor(
      organisation
        .command(command)
        .description(`${command} an account its role: by an account that acts for the organisation`),
      defaultRpc,
    )
      .argument('<name>', 'the organisation')
      .addArgument(
        new Argument('<role>', 'acts for the organisation, or enrols its keys').choices(organisationRoles),
      )
      .argument('<address>', 'the account')
      .action((name: string, as: OrganisationRole, account: string, flags: RoleFlags) =>
        openedFor(flags, async ({ node, deployment, by }) => {
          const call = await organisationCall(node, deployment, { name, as, account, step });
          if (flags.print) return say(describeCall(call));
          const actor = await by();
          await actor.confirm(await actor.send(call));
          say(`${account} ${said} ${as} of ${name}`);
        }),
      );
  }
}
