import { createRoute, z } from '@hono/zod-openapi';
import { type Database, problem } from '@tianyuan/platform';
import { newApi, refusals } from '../api.ts';
import { batchIdSchema } from '../batches/batch.ts';
import { errors } from '../errors.ts';
import { type WithPrincipal, requirePrincipal } from '../people/principal.ts';
import { describeWritten, noPlatformLog, writtenSchema } from '../records/messages-route.ts';
import type { Records } from '../records/open-records.ts';
import { isRefusal } from '../records/recorded.ts';
import { maxFileBytes } from '../reports/files.ts';
import { sniffMediaType } from '../reports/media-type.ts';
import { checkQuality } from './check-quality.ts';
import type { QualityModel } from './quality-model.ts';

const sampleKinds = {
  'image/jpeg': 'picture',
  'image/png': 'picture',
  'application/json': 'spectrum',
  'text/csv': 'spectrum',
} as const;

const params = z.object({ batchId: batchIdSchema });

const checkedSchema = z
  .object({
    ...writtenSchema.shape,
    score: z.int().openapi({ description: 'm%', example: 93_500 }),
    verdict: z.literal('screening').openapi({ description: 'never a grade' }),
    model: z.string(),
    version: z.string(),
    findings: z.record(z.string(), z.int()),
    file: z.string().openapi({ description: 'SHA-256 of the sample, at /api/v1/files/{sha256}' }),
    workOrder: z.int().nullable().openapi({ description: 'index of the work order that a low score opened' }),
  })
  .openapi('QualityChecked');

const binary = z.string().openapi({ format: 'binary' });

const route = createRoute({
  method: 'post',
  path: '/api/v1/batches/{batchId}/quality-checks',
  tags: ['quality'],
  summary: 'Have a model look at a picture or a spectrum of a batch',
  description:
    'The body is the picture (JPEG, PNG) or spectrum (JSON, CSV) itself, 10 MB at most. The embedded model measures how much of ' +
    'citrus peel has coloured; a picture that is too dark, blurred, overexposed or without fruit is refused.',
  security: [{ ownerToken: [] }],
  request: {
    params,
    body: {
      required: true,
      content: Object.fromEntries(Object.keys(sampleKinds).map((type) => [type, { schema: binary }])),
    },
  },
  responses: {
    201: { description: 'recorded', content: { 'application/json': { schema: checkedSchema } } },
    ...refusals(
      errors.malformedRequest,
      errors.loginNeeded,
      errors.roleMissing,
      errors.unknownBatch,
      errors.tooLarge,
      errors.mediaTypeNotAllowed,
      errors.sampleUnusable,
      errors.noQualityModel,
      errors.noPlatformLog,
      errors.unavailable,
    ),
  },
});

export function qualityRoutes(
  database: Database,
  records: Records | undefined,
  models: readonly QualityModel[],
) {
  const api = newApi<{ Variables: WithPrincipal }>();
  api.on('POST', route.getRoutingPath(), requirePrincipal());
  // Registered by hand: the library would parse the body by its media type, and these are bytes.
  api.openAPIRegistry.registerPath(route);
  api.post(route.getRoutingPath(), async (c) => {
    const parsed = params.safeParse(c.req.param());
    if (!parsed.success) return problem(c, errors.malformedRequest, 'batchId: is no id of a batch');
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    if (bytes.length > maxFileBytes) {
      return problem(
        c,
        errors.tooLarge,
        `body: a sample has at most ${maxFileBytes} bytes, this one ${bytes.length}`,
      );
    }
    const mediaType = sniffMediaType(bytes, c.req.header('content-type'));
    if (mediaType === undefined || !(mediaType in sampleKinds)) {
      const detail = `body: is none of ${Object.keys(sampleKinds).join(', ')}, whatever its Content-Type says`;
      return problem(c, errors.mediaTypeNotAllowed, detail);
    }
    const kind = sampleKinds[mediaType as keyof typeof sampleKinds];
    const by = c.get('principal')!.id;
    const { batchId } = parsed.data;
    const answer = await checkQuality({ database, records, models }, batchId, { kind, mediaType, bytes }, by);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail);
    const { score, verdict, model, version, findings, file } = answer.check;
    const { workOrder } = answer;
    return c.json(
      {
        ...describeWritten(records, answer.written),
        score,
        verdict,
        model,
        version,
        findings,
        file: file.sha256,
        workOrder,
      },
      201,
    );
  });
  return api;
}
