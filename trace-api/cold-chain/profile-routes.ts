import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { asc } from 'drizzle-orm';
import type { Context } from 'hono';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { findBatch } from '../batches/find-batch.ts';
import { presently } from '../batches/when.ts';
import { profiles } from '../database/schema.ts';
import { errors } from '../errors.ts';
import { authorize } from '../people/authorize.ts';
import { type Principal, type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { profilesSchema } from './cold-chain-schema.ts';
import { knownProfiles } from './known-profiles.ts';
import { type Profile, profileIdSchema, profileSchema } from './profile.ts';
import { findProfile } from './read-profile.ts';

const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const writeRefusals = refusals(
  errors.malformedRequest,
  errors.loginNeeded,
  errors.notAllowed,
  errors.unknownBatch,
  errors.unknownProfile,
  errors.noPlatformLog,
);

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/cold-chain/profiles',
  tags: ['cold chain'],
  summary: 'How kinds of products are to be kept',
  responses: { 200: { description: 'the youngest version of each', ...json(profilesSchema) } },
});

const putRoute = createRoute({
  method: 'put',
  path: '/api/v1/cold-chain/profiles/{profile}',
  tags: ['cold chain'],
  summary: 'Record a version of a profile',
  security: [{ ownerToken: [] }],
  request: {
    params: z.object({ profile: profileIdSchema }),
    body: { required: true, ...json(profileSchema.omit({ profile: true })) },
  },
  responses: { 200: { description: 'recorded', ...json(writtenSchema) }, ...writeRefusals },
});

const chosen = z.strictObject({ profile: profileIdSchema.nullable() });
const ofBatch = z.object({ batchId: batchIdSchema });
const ofProduct = z.object({ gtin: z.string().regex(/^[0-9]{14}$/) });

function chooseRoute<Path extends string, Params extends z.ZodObject>(
  path: Path,
  params: Params,
  summary: string,
) {
  return createRoute({
    method: 'put',
    path,
    tags: ['cold chain'],
    summary,
    description: 'One that is known here is recorded along where it was not yet. Null: none any more.',
    security: [{ ownerToken: [] }],
    request: { params, body: { required: true, ...json(chosen) } },
    responses: { 200: { description: 'recorded', ...json(writtenSchema) }, ...writeRefusals },
  });
}

const batchRoute = chooseRoute(
  '/api/v1/batches/{batchId}/profile',
  ofBatch,
  'Choose how a batch is to be kept',
);
const productRoute = chooseRoute(
  '/api/v1/products/{gtin}/profile',
  ofProduct,
  'Choose how a product is to be kept',
);

export function profileRoutes(queries: Queries, records: Records | undefined) {
  const api = newApi();

  api.openapi(listRoute, async (c) => {
    const rows = await queries.select().from(profiles).orderBy(asc(profiles.atIndex));
    const recorded = new Map(
      rows.map(({ profile, body, atIndex }) => [profile, { ...body, profileIndex: atIndex }]),
    );
    const unrecorded = knownProfiles
      .filter(({ profile }) => !recorded.has(profile))
      .map((profile) => ({ ...profile, profileIndex: null }));
    return c.json({ profiles: [...recorded.values(), ...unrecorded] }, 200);
  });

  for (const route of [putRoute, batchRoute, productRoute]) api.use(route.getRoutingPath(), forWrites);

  api.openapi(putRoute, async (c) => {
    if (!principalOf(c).isOwner)
      return problem(c, errors.notAllowed, 'profiles are for the owner to record') as never;
    const profile: Profile = { ...c.req.valid('json'), profile: c.req.valid('param').profile };
    return write(c, [{ name: 'profile', body: profile }]);
  });

  api.openapi(batchRoute, async (c) => {
    const { batchId } = c.req.valid('param');
    const may = await authorize(
      queries,
      principalOf(c),
      'declare-batch',
      { kind: 'batch', id: batchId },
      Date.now(),
    );
    if (!may)
      return problem(
        c,
        errors.notAllowed,
        `you have no role over batch ${batchId} that may say this`,
      ) as never;
    if ((await findBatch(queries, { batchId })) === undefined)
      return problem(c, errors.unknownBatch, `there is no batch ${batchId}`) as never;
    const { profile } = c.req.valid('json');
    return write(c, [...(await due(profile)), { name: 'profile-choice', body: { batch: batchId, profile } }]);
  });

  api.openapi(productRoute, async (c) => {
    if (!principalOf(c).isOwner)
      return problem(c, errors.notAllowed, 'the profile of a product is for the owner to choose') as never;
    const { gtin } = c.req.valid('param');
    const { profile } = c.req.valid('json');
    return write(c, [...(await due(profile)), { name: 'profile-choice', body: { gtin, profile } }]);
  });

  /** A profile that is known here and not recorded yet. */
  async function due(profile: string | null): Promise<{ name: string; body: Profile }[]> {
    if (profile === null || (await findProfile(queries, profile, presently.asOf)) !== undefined) return [];
    return knownProfiles.filter((one) => one.profile === profile).map((body) => ({ name: 'profile', body }));
  }

  async function write(c: Context, statements: { name: string; body: object }[]): Promise<never> {
    if (records === undefined) {
      return problem(c, errors.noPlatformLog, noPlatformLog) as never;
    }
    const answer = await records.statements(statements, principalOf(c).id);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail) as never;
    return c.json(describeWritten(records, answer.at(-1)!), 200) as never;
  }

  return api;
}

const loggedIn = requirePrincipal();

/** Reading is free. */
const forWrites: typeof loggedIn = (c, next) => (c.req.method === 'PUT' ? loggedIn(c, next) : next());

/** There is one, or {@link forWrites} had refused. */
function principalOf(c: Context): Principal {
  return (c as Context<{ Variables: WithPrincipal }>).get('principal')!;
}
