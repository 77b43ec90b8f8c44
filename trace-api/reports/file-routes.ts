import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { findFile, hashOf, keepFile, maxFileBytes } from './files.ts';
import { mediaTypes, sniffMediaType } from './media-type.ts';
import { isNamed, maySeeFile } from './who-sees-file.ts';

const params = z.object({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .openapi({ description: 'of the bytes, lower-case hex, as `sha256sum` prints it' }),
});

const storedSchema = z
  .object({ sha256: z.string(), mediaType: z.enum(mediaTypes), length: z.int(), existed: z.boolean() })
  .openapi('StoredFile');

const binary = { schema: z.string().openapi({ format: 'binary' }) };
const anyOfTypes = Object.fromEntries(mediaTypes.map((type) => [type, binary]));

const putRoute = createRoute({
  method: 'put',
  path: '/api/v1/files/{sha256}',
  tags: ['reports'],
  summary: 'Bring the file of a report',
  description:
    'Ten MB at most, of a type that its bytes show. From whoever is not the owner only once a record of the log names it.',
  security: [{ ownerToken: [] }],
  request: { params, body: { required: true, content: anyOfTypes } },
  responses: {
    200: { description: 'was here already', content: { 'application/json': { schema: storedSchema } } },
    201: { description: 'kept', content: { 'application/json': { schema: storedSchema } } },
    ...refusals(
      errors.malformedRequest,
      errors.loginNeeded,
      errors.unknownFile,
      errors.tooLarge,
      errors.mediaTypeNotAllowed,
      errors.hashMismatch,
    ),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/files/{sha256}',
  tags: ['reports'],
  summary: 'A file by its hash',
  description: 'For anybody where a report or quality check of a published batch names it.',
  security: [{}, { ownerToken: [] }],
  request: { params },
  responses: {
    200: { description: 'its bytes', content: anyOfTypes },
    ...refusals(errors.malformedRequest, errors.unknownFile),
  },
});

export function fileRoutes(queries: Queries) {
  const api = newApi<{ Variables: WithPrincipal }>();
  api.on('PUT', putRoute.getRoutingPath(), requirePrincipal());
  // By hand: the library would parse the body by its media type, and these are bytes.
  api.openAPIRegistry.registerPath(putRoute);
  api.put(putRoute.getRoutingPath(), async (c) => {
    const parsed = params.safeParse(c.req.param());
    if (!parsed.success)
      return problem(c, errors.malformedRequest, 'sha256: is not 64 lower-case hex digits');
    const { sha256 } = parsed.data;
    const principal = c.get('principal')!;
    if (!principal.isOwner && !(await isNamed(queries, sha256))) {
      return problem(
        c,
        errors.unknownFile,
        `sha256: no record names ${sha256}; log the report first, then bring its file`,
      );
    }
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    if (bytes.length > maxFileBytes) {
      return problem(
        c,
        errors.tooLarge,
        `body: a file has at most ${maxFileBytes} bytes, this one ${bytes.length}`,
      );
    }
    const actual = hashOf(bytes);
    if (actual !== sha256) {
      return problem(
        c,
        errors.hashMismatch,
        `sha256: these bytes have ${actual}; the file is damaged or another one`,
      );
    }
    const mediaType = sniffMediaType(bytes, c.req.header('content-type'));
    if (mediaType === undefined) {
      return problem(
        c,
        errors.mediaTypeNotAllowed,
        `body: is none of ${mediaTypes.join(', ')}, whatever its Content-Type says`,
      );
    }
    const { existed } = await keepFile(queries, { bytes, mediaType, by: principal.id, at: Date.now() });
    return c.json({ sha256, mediaType, length: bytes.length, existed }, existed ? 200 : 201);
  });
  api.openapi(getRoute, async (c) => {
    const { sha256 } = c.req.valid('param');
    const file = (await maySeeFile(queries, sha256, c.get('principal'), Date.now()))
      ? await findFile(queries, sha256)
      : undefined;
    if (file === undefined) {
      return problem(c, errors.unknownFile, `there is no file ${sha256} for you here`);
    }
    // Somebody's bytes: as what they are, downloaded rather than opened; the site's policy lets them load and run nothing.
    return c.body(new Uint8Array(file.bytes), 200, {
      'content-type': file.mediaType,
      'content-disposition': `attachment; filename="${sha256}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=3600',
    }) as never;
  });
  return api;
}
