import { createRoute, z } from '@hono/zod-openapi';
import { type Database, problem } from '@tianyuan/platform';
import { decodeBase64, saltLength } from '@tianyuan/protocol';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { readAsOf } from '../records/as-of.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { roles } from './action.ts';
import type { NoteAudit } from './note-audit.ts';
import { keepSignedFields, mayErase, notePerson } from './note-person.ts';
import {
  eraseFields,
  fieldNameSchema,
  fieldValueSchema,
  openField,
  openedFieldSchema,
  readFields,
} from './personal-data.ts';
import { type WithPrincipal, requirePrincipal } from './principal.ts';
import { findPerson } from './read-people.ts';
import { readRoles } from './read-roles.ts';
import { scopeSchema } from './scope.ts';
import { maySeePersonalData } from './see-personal-data.ts';
import { maxPersonalFields, personIdSchema, usccSchema } from './statements.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const natural = z.int().min(0);
const person = z.object({ person: personIdSchema });

const fieldsSchema = z
  .record(fieldNameSchema, fieldValueSchema)
  .refine((fields) => Object.keys(fields).length <= maxPersonalFields, `at most ${maxPersonalFields} fields`);

const saltedFieldsSchema = z
  .array(
    z.strictObject({
      name: fieldNameSchema,
      value: fieldValueSchema,
      salt: z
        .base64()
        .transform(decodeBase64)
        .refine((salt) => salt.length === saltLength, `${saltLength} bytes in base64`),
    }),
  )
  .min(1)
  .max(maxPersonalFields);

const personViewSchema = z
  .object({
    person: z.string(),
    organisation: z.string(),
    commitments: z.array(z.string()),
    roles: z.array(
      z.object({
        index: natural,
        role: z.enum(roles),
        scope: scopeSchema,
        from: natural,
        until: natural.optional(),
      }),
    ),
    fields: z
      .array(openedFieldSchema)
      .optional()
      .openapi({ description: 'only for those who may see them; an erased field is in none' }),
  })
  .openapi('Person');

const putRoute = createRoute({
  method: 'put',
  path: '/api/v1/people/{person}',
  tags: ['people'],
  summary: 'Note a person of an organisation',
  description:
    'The id is the one under which the registry has the person’s keys. The log gets salted hashes of the fields; values and ' +
    'salts lie apart and can be erased.',
  security: [{ ownerToken: [] }],
  request: {
    params: person,
    body: {
      required: true,
      ...json(z.strictObject({ organisation: usccSchema, fields: fieldsSchema.default({}) })),
    },
  },
  responses: {
    200: {
      description: 'recorded',
      ...json(writtenSchema.extend({ commitments: z.array(z.string()) })),
    },
    ...refusals(
      errors.malformedRequest,
      errors.loginNeeded,
      errors.roleMissing,
      errors.unknownOrganisation,
      errors.tooManyFields,
      errors.noPlatformLog,
    ),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/people/{person}',
  tags: ['people'],
  summary: 'A person: organisation, roles, and what may be seen of the rest',
  description:
    'Fields are opened to the person, the owner, the admins of the organisation, and inspectors over it.',
  security: [{}, { ownerToken: [] }],
  request: { params: person, query: z.object({ asOf: z.coerce.number().int().min(0).optional() }) },
  responses: {
    200: { description: 'as the log has it', ...json(personViewSchema) },
    ...refusals(errors.unknownPerson, errors.malformedRequest),
  },
});

const eraseRoute = createRoute({
  method: 'delete',
  path: '/api/v1/people/{person}/personal-data',
  tags: ['people'],
  summary: 'Erase what is kept of a person',
  description:
    'Values and salts are gone for good; the log, its proofs and the hashes in it stay as they are and say nothing.',
  security: [{ ownerToken: [] }],
  request: { params: person },
  responses: {
    200: { description: 'how many fields were erased', ...json(z.object({ erased: natural })) },
    ...refusals(errors.unknownPerson, errors.malformedRequest, errors.loginNeeded, errors.roleMissing),
  },
});

const depositRoute = createRoute({
  method: 'post',
  path: '/api/v1/people/{person}/fields',
  tags: ['people'],
  summary: 'Leave what one’s own messages commit to',
  description:
    'A message has salted hashes (`commitments`); left here, the fields are in its proof bundle for those who may see them, until ' +
    'they are erased.',
  security: [{ ownerToken: [] }],
  request: {
    params: person,
    body: { required: true, ...json(z.strictObject({ fields: saltedFieldsSchema })) },
  },
  responses: {
    200: { description: 'kept', ...json(z.object({ commitments: z.array(z.string()) })) },
    ...refusals(
      errors.unknownPerson,
      errors.malformedRequest,
      errors.loginNeeded,
      errors.roleMissing,
      errors.tooManyFields,
    ),
  },
});

export function peopleRoutes(database: Database, records: Records | undefined, noteAudit: NoteAudit) {
  const { queries } = database;
  const api = newApi<{ Variables: WithPrincipal }>();
  api.on('PUT', putRoute.getRoutingPath(), requirePrincipal());
  api.openapi(putRoute, async (c) => {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    const { person: id } = c.req.valid('param');
    const { organisation, fields } = c.req.valid('json');
    const by = c.get('principal')!.id;
    const answer = await notePerson(database, records, { person: id, organisation, fields, by });
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json({ ...describeWritten(records, answer), commitments: answer.commitments }, 200);
  });
  api.openapi(getRoute, async (c) => {
    const { person: id } = c.req.valid('param');
    const { asOf: atTime } = c.req.valid('query');
    const asOf = await readAsOf(queries, atTime);
    const known = await findPerson(queries, id, asOf);
    if (known === undefined) return problem(c, errors.unknownPerson, `nobody is noted as ${id}`) as never;
    const now = Date.now();
    const principal = c.get('principal');
    const sees = await maySeePersonalData(queries, principal, id, now);
    if (sees && principal!.id !== id) {
      const line = { principal: principal!.id, subject: `person/${id}`, at: now };
      await noteAudit(queries, { ...line, action: 'personal-data-seen', outcome: 'done' });
    }
    const fields = sees ? (await readFields(queries, known.commitments)).map(openField) : undefined;
    const held = await readRoles(queries, id, asOf);
    c.header('cache-control', 'no-store');
    return c.json(
      {
        ...known,
        roles: held.map(({ person: _, until, ...role }) => ({
          ...role,
          ...(until !== undefined && { until }),
        })),
        ...(fields !== undefined && { fields }),
      },
      200,
    );
  });
  api.on('POST', depositRoute.getRoutingPath(), requirePrincipal());
  api.openapi(depositRoute, async (c) => {
    const { person: id } = c.req.valid('param');
    const principal = c.get('principal')!;
    if (!principal.isOwner && principal.id !== id) {
      return problem(c, errors.roleMissing, `${principal.id} is not ${id}`) as never;
    }
    const answer = await keepSignedFields(database, id, c.req.valid('json').fields);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(answer, 200);
  });
  api.on('DELETE', eraseRoute.getRoutingPath(), requirePrincipal());
  api.openapi(eraseRoute, async (c) => {
    const { person: id } = c.req.valid('param');
    const principal = c.get('principal')!;
    const at = Date.now();
    const may = await mayErase(queries, principal, id, at);
    const line = {
      principal: principal.id,
      action: 'personal-data-erased',
      subject: `person/${id}`,
      at,
    } as const;
    if (!may) {
      await noteAudit(queries, { ...line, outcome: 'refused' });
      const detail = `${principal.id} is neither ${id} nor an admin of the organisation of ${id}`;
      return problem(c, errors.roleMissing, detail) as never;
    }
    const erased = await database.transaction((tx) => eraseFields(tx, id));
    await noteAudit(queries, { ...line, outcome: 'done' });
    return c.json({ erased }, 200);
  });
  return api;
}
