import { createRoute, z } from '@hono/zod-openapi';
import { problem } from '@tianyuan/platform';
import { maxMessageBytes } from '@tianyuan/protocol';
import { newApi, refusals } from '../api.ts';
import { errors } from '../errors.ts';
import type { Records } from './open-records.ts';
import { isRefusal } from './recorded.ts';

/** Where a record stands, and where its proof will be. */
export const writtenSchema = z
  .object({
    logId: z.string(),
    index: z.int().openapi({ description: "in the platform's log", example: 17 }),
    at: z.int().openapi({ description: 'when it was logged, Unix ms' }),
    state: z.literal('logged'),
    existed: z.boolean().openapi({ description: 'the same message had been recorded before' }),
    proof: z.string().openapi({ description: 'its proof bundle, once it is anchored' }),
  })
  .openapi('Written');

export function describeWritten(
  { logId }: Pick<Records, 'logId'>,
  { index, at, existed }: { index: number; at: number; existed: boolean },
): z.infer<typeof writtenSchema> {
  const proof = `/api/v1/logs/${logId}/entries/${index}/proof`;
  return { logId, index, at, state: 'logged', existed, proof };
}

const route = createRoute({
  method: 'post',
  path: '/api/v1/messages',
  tags: ['records'],
  summary: "Record a person's or an organisation's signed message",
  description:
    'The body is the message as it was signed, byte for byte (PROTOCOL section 1): an `event` (EPCIS 2.0), a `binding`, a ' +
    "`report` or a `rotation`. It goes into the platform's log under a checkpoint signed before the answer. The signature is " +
    'the authentication; the same message again gets the same answer.',
  request: {
    body: { required: true, content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } } },
  },
  responses: {
    200: { description: 'recorded before', content: { 'application/json': { schema: writtenSchema } } },
    201: { description: 'recorded', content: { 'application/json': { schema: writtenSchema } } },
    ...refusals(
      errors.malformedMessage,
      errors.notARecord,
      errors.unknownSigner,
      errors.badSignature,
      errors.revokedKey,
      errors.equivocation,
      errors.tooLarge,
      errors.noPlatformLog,
    ),
  },
});

export function messagesRoute(records: Records | undefined) {
  const api = newApi();
  // The bytes are what was signed: no parser stands before them.
  api.openAPIRegistry.registerPath(route);
  api.post(route.path, async (c) => {
    if (records === undefined) return problem(c, errors.noPlatformLog, noPlatformLog);
    const payload = new Uint8Array(await c.req.arrayBuffer());
    if (payload.length > maxMessageBytes) {
      const detail = `a message has at most ${maxMessageBytes} bytes, this one ${payload.length}; larger things travel by hash`;
      return problem(c, errors.tooLarge, detail);
    }
    const answer = await records.message(payload);
    if (isRefusal(answer)) return problem(c, answer.kind, answer.detail);
    return c.json(describeWritten(records, answer), answer.existed ? 200 : 201);
  });
  return api;
}

export const noPlatformLog =
  'this service has no log of its own: set PLATFORM_ORIGIN and PLATFORM_KEY_FILE, and enrol the key';
