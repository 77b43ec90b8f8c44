import { createRoute, z } from '@hono/zod-openapi';
import { type Database, problem } from '@tianyuan/platform';
import { decodeBase64, encodeBase64 } from '@tianyuan/protocol';
import type { Evidence } from '../anchors/evidence.ts';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import { verifySignature } from '../ingest/ed25519.ts';
import { decodeUpload, logIdSchema, maxUploadBytes, uploadSchema } from '../ingest/upload.ts';
import { uploadProblem } from '../ingest/upload-problem.ts';
import { type LiveUpload, takeLive } from './take-live.ts';

const hashLength = 32;
const mostHashes = 53; // one for each bit of a size

const liveSchema = uploadSchema
  .extend({
    before: z
      .string()
      .max(4 * Math.ceil((mostHashes * hashLength) / 3))
      .openapi({
        description:
          'standard base64 of the roots of the complete subtrees of the first `from` entries, largest first, 32 bytes each',
      }),
  })
  .openapi('LiveUpload');

const headSchema = z.object({ size: z.int(), root: z.string() });

const route = createRoute({
  method: 'post',
  path: '/api/v1/logs/{logId}/live',
  tags: ['logs'],
  summary: 'Show the newest entries of a log ahead of its backfill',
  description:
    'As an upload, but of entries that need not follow what is mirrored: the subtrees before them and the entries lead ' +
    'to the root of the signed checkpoint. The newest reading of each sensor is shown with its batch until it is ' +
    `mirrored in its turn, and the mirror has to come to that root. At most ${maxUploadBytes} bytes.`,
  request: {
    params: z.object({ logId: logIdSchema }),
    query: z.object({
      from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).openapi({
        description: 'index of the first entry',
        example: 409_600,
      }),
    }),
    body: { required: true, content: { 'application/json': { schema: liveSchema } } },
  },
  responses: {
    200: {
      description: 'what is mirrored, and the newest head ahead of that',
      content: { 'application/json': { schema: headSchema.extend({ live: headSchema.nullable() }) } },
    },
    ...refusals(
      errors.malformedUpload,
      errors.unknownLog,
      errors.badCheckpointSignature,
      errors.rootMismatch,
      errors.inconsistentHistory,
      errors.tooLarge,
    ),
  },
});

export function liveRoute(database: Database, onEvidence: (evidence: Evidence) => void) {
  const api = newApi(errors.malformedUpload);
  api.openapi(route, async (c) => {
    const { logId } = c.req.valid('param');
    const { from } = c.req.valid('query');
    const upload = decodeLive(logId, from, c.req.valid('json'));
    if (typeof upload === 'string') return problem(c, errors.malformedUpload, upload) as never;
    const answer = await takeLive(database, upload, verifySignature);
    if ('refused' in answer) return uploadProblem(c, answer, onEvidence) as never;
    const { size, root, live } = answer;
    return c.json(
      {
        size,
        root: encodeBase64(root),
        live: live === undefined ? null : { size: live.size, root: encodeBase64(live.root) },
      },
      200,
    );
  });
  return api;
}

/** @returns the upload, or a sentence that says what is wrong with it */
function decodeLive(
  logId: string,
  from: number,
  { before, ...body }: z.infer<typeof liveSchema>,
): LiveUpload | string {
  const upload = decodeUpload(logId, from, body);
  if (typeof upload === 'string') return upload;
  const nodes = decodeHashes(before);
  const expected = countOnes(from);
  if (nodes?.length !== expected) {
    return `before: not the base64 of ${expected} hashes, which is how many complete subtrees ${from} entries have`;
  }
  return { ...upload, before: nodes };
}

function decodeHashes(text: string): Uint8Array[] | undefined {
  try {
    const bytes = decodeBase64(text);
    if (bytes.length % hashLength !== 0) return undefined;
    return Array.from({ length: bytes.length / hashLength }, (_, i) =>
      bytes.subarray(i * hashLength, (i + 1) * hashLength),
    );
  } catch {
    return undefined;
  }
}

/** Ones in the binary form of a number below 2^53. */
function countOnes(number: number): number {
  return number.toString(2).replaceAll('0', '').length;
}
