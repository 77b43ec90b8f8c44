import { deviceIdSchema, parseUscc } from '@tianyuan/protocol';
import { z } from '@hono/zod-openapi';
import { roles } from './action.ts';
import { scopeRanks, scopeSchema } from './scope.ts';

// What the platform's log says of people and organisations, by the name of the statement.

const natural = z.int().min(0); // safe integers only, so that every number has one form
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const words = z.string().min(1).max(128);

/** As many as a message commits to. */
export const maxPersonalFields = 32;

/** A 统一社会信用代码; refused with the position and the rule. */
export const usccSchema = z.string().superRefine((text, context) => {
  try {
    parseUscc(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** Ids under which the platform itself speaks. */
const reservedIds: ReadonlySet<string> = new Set(['owner', 'platform']);

/** The id under which the DeviceRegistry has a person's keys. */
export const personIdSchema = deviceIdSchema.refine((id) => !reservedIds.has(id), 'a reserved id');

const organisationKinds = [
  'farm',
  'processor',
  'carrier',
  'warehouse',
  'laboratory',
  'shop',
  'authority',
] as const;

export const organisationSchema = z.strictObject({
  uscc: usccSchema,
  name: z.strictObject({ zh: words, en: words }),
  kind: z.enum(organisationKinds),
});

/** The fields themselves are not here: they can be erased, and a log cannot. Ascending, as in a message. */
export const personSchema = z.strictObject({
  person: personIdSchema,
  organisation: usccSchema,
  commitments: z
    .array(hash)
    .max(maxPersonalFields)
    .refine((all) => all.every((one, i) => i === 0 || all[i - 1]! < one), 'not strictly ascending'),
});

/** From `from` until `until`, Unix ms; the end is not included. */
export const roleSchema = z
  .strictObject({
    person: personIdSchema,
    role: z.enum(roles),
    scope: scopeSchema,
    from: natural,
    until: natural.optional(),
  })
  .refine(({ from, until }) => until === undefined || until > from, {
    path: ['until'],
    message: 'until is not after from',
  })
  .refine(({ role, scope }) => role !== 'admin' || scope.kind === 'organisation', {
    path: ['scope', 'kind'],
    message: 'an admin is an admin of an organisation',
  });

/** `role` is the index of the record that gave it. */
export const roleEndSchema = z.strictObject({ role: natural, until: natural });

/** A thing is an organisation's, a batch a plot's, a device a truck's, until then. */
export const belongingSchema = z
  .strictObject({
    thing: scopeSchema,
    to: scopeSchema,
    from: natural,
    until: natural.optional(),
  })
  .refine(({ thing, to }) => scopeRanks[to.kind] < scopeRanks[thing.kind], {
    path: ['to', 'kind'],
    message: 'a thing of this kind does not belong to one of that',
  })
  .refine(({ from, until }) => until === undefined || until > from, {
    path: ['until'],
    message: 'until is not after from',
  });

export type Organisation = z.infer<typeof organisationSchema>;
export type Person = z.infer<typeof personSchema>;
export type RoleGrant = z.infer<typeof roleSchema>;
export type RoleEnd = z.infer<typeof roleEndSchema>;
export type Belonging = z.infer<typeof belongingSchema>;

export const peopleStatements = {
  organisation: organisationSchema,
  person: personSchema,
  role: roleSchema,
  'role-end': roleEndSchema,
  belonging: belongingSchema,
} as const;
