import { isUscc } from '@tianyuan/protocol';
import { z } from 'zod';

/**
 * What a role reaches, and what an action is about. The number is how far from the ground a kind stands: a thing belongs to
 * things of a lower number only, so that belongings end and never go round.
 */
export const scopeRanks = {
  organisation: 0,
  plot: 1,
  truck: 1,
  room: 1,
  box: 2,
  batch: 2,
  device: 3,
} as const;

export type ScopeKind = keyof typeof scopeRanks;

const scopeKinds = Object.keys(scopeRanks) as ScopeKind[];

/** An organisation by its 统一社会信用代码, anything else by its owner's own id. */
export type Scope = { kind: ScopeKind; id: string };

export const scopeSchema = z
  .strictObject({
    kind: z.enum(scopeKinds),
    id: z
      .string()
      .min(1)
      .max(64)
      .refine((id) => id.isWellFormed(), 'a lone surrogate'),
  })
  .refine(({ kind, id }) => kind !== 'organisation' || isUscc(id), {
    path: ['id'],
    message: 'an organisation is named by its 统一社会信用代码, GB 32100-2015',
  });

/** For messages to people, and as a key of a map: kinds have no slash. */
export function scopeName({ kind, id }: Scope): string {
  return `${kind}/${id}`;
}
