import { createRoute, z } from '@hono/zod-openapi';
import { type Database, problem } from '@tianyuan/platform';
import { encodeBase64 } from '@tianyuan/protocol';
import type { Evidence } from '../anchors/evidence.ts';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { verifySignature } from './ed25519.ts';
import type { Settled } from './settle-entries.ts';
import { takeUpload } from './take-upload.ts';
import { uploadProblem } from './upload-problem.ts';
import { decodeUpload, logIdSchema, maxUploadBytes, uploadSchema } from './upload.ts';

/** What an upload means for the rest of the service. */
export type UploadEvents = {
  onTaken: (taken: readonly Pick<Settled, 'flag' | 'verified' | 'message'>[]) => void;
  onEvidence: (evidence: Evidence) => void;
};

const route = createRoute({
  method: 'post',
  path: '/api/v1/logs/{logId}/entries',
  tags: ['logs'],
  summary: 'Upload entries of a log',
  description:
    "A gateway's entries, the payloads it may share, and the checkpoint they lead to, whose signature is the " +
    'authentication. Contiguous and idempotent; the root is recomputed before it is believed. Content that does not ' +
    `verify is stored and flagged. At most ${maxUploadBytes} bytes.`,
  request: {
    params: z.object({ logId: logIdSchema }),
    query: z.object({
      from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).openapi({
        description: 'index of the first entry; at most the size of the mirror',
        example: 4096,
      }),
    }),
    body: { required: true, content: { 'application/json': { schema: uploadSchema } } },
  },
  responses: {
    200: {
      description: 'taken, or there already',
      content: {
        'application/json': {
          schema: z.object({
            size: z.int().openapi({ description: 'entries that are mirrored', example: 5120 }),
            root: z.string().openapi({
              description: 'base64 of their root',
              example: 'NlnqZJ3Z8lxJLYBVuDcOXlJmsPHzfuQVZ+3QJtG0Wds=',
            }),
          }),
        },
      },
    },
    ...refusals(
      errors.malformedUpload,
      errors.unknownLog,
      errors.badCheckpointSignature,
      errors.gap,
      errors.rootMismatch,
      errors.inconsistentHistory,
      errors.tooLarge,
    ),
  },
});

export function uploadRoute(database: Database, { onTaken, onEvidence }: UploadEvents) {
  const api = newApi(errors.malformedUpload);
  api.openapi(route, async (c) => {
    const { logId } = c.req.valid('param');
    const { from } = c.req.valid('query');
    const upload = decodeUpload(logId, from, c.req.valid('json'));
    if (typeof upload === 'string') return problem(c, errors.malformedUpload, upload) as never;
    const answer = await takeUpload(database, upload, verifySignature);
    if ('refused' in answer) return uploadProblem(c, answer, onEvidence) as never;
    onTaken(answer.taken);
    return c.json({ size: answer.size, root: encodeBase64(answer.root) }, 200);
  });
  return api;
}
