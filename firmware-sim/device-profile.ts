import { z } from 'zod';
import type { Profile } from '@tianyuan/protocol';
import { fleetKinds } from './fleet.ts';

const messageProfiles = ['json', 'cose'] as const satisfies Profile[];

export const profileNames = [...fleetKinds, ...messageProfiles];

const choose = <T extends string>(names: string[], among: readonly T[], usual: T) => {
  const chosen = among.filter((name) => names.includes(name));
  return chosen.length > 1 ? undefined : (chosen[0] ?? usual);
};

/** `truck`, `cose` or `truck,cose` of the command line: what the devices are, and how they write their messages. */
export const deviceProfileSchema = z.string().transform((text, context) => {
  const names = text.split(',');
  const fleetKind = choose(names, fleetKinds, 'mix');
  const messages = choose(names, messageProfiles, 'json');
  const unknown = names.filter((name) => !(profileNames as string[]).includes(name));
  if (unknown.length === 0 && fleetKind !== undefined && messages !== undefined)
    return { fleetKind, messages };
  const message =
    unknown.length > 0
      ? `there is no ${unknown.join(', ')}; there are ${profileNames.join(', ')}`
      : `at most one of ${fleetKinds.join(', ')} and one of ${messageProfiles.join(', ')}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
