import { createRoute, z } from '@hono/zod-openapi';
import { type Queries, problem } from '@tianyuan/platform';
import { anchorSchema, proofBundleSchema } from '@tianyuan/protocol';
import { newApi, refusals } from '../api.ts';
import { isPublished } from '../batches/is-published.ts';
import { errors } from '../errors.ts';
import { readMessage } from '../ingest/examine-entry.ts';
import { logIdSchema } from '../ingest/upload.ts';
import { findLog } from '../mirror/find-log.ts';
import type { WithPrincipal } from '../people/principal.ts';
import { openedFieldSchema } from '../people/personal-data.ts';
import { discloseTo, maySeePersonalData } from '../people/see-personal-data.ts';
import { isOpenRecord } from '../records/is-open-record.ts';
import { buildBundle, findEntry } from './build-bundle.ts';

/** What is answered here, for the documentation: the anchor in full. */
const answeredSchema = proofBundleSchema
  .omit({ anchor: true, disclosed: true })
  .extend({ anchor: anchorSchema, disclosed: z.array(openedFieldSchema).optional() })
  .openapi('ProofBundle');

const route = createRoute({
  method: 'get',
  path: '/api/v1/logs/{logId}/entries/{index}/proof',
  tags: ['proofs'],
  summary: 'A proof bundle for one entry',
  description:
    'Anybody can verify it without this service. The payload is in it for the owner, and for everybody where the ' +
    'message, or the record of the platform, belongs to a published batch; also for the person who signed it, and whoever may see ' +
    'what is kept of that person. These find the salted fields that the message commits to in `disclosed`.',
  security: [{}, { ownerToken: [] }],
  request: {
    params: z.object({
      logId: logIdSchema,
      index: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).openapi({ example: 17 }),
    }),
  },
  responses: {
    200: {
      description: 'a tianyuan/proof/v1 bundle',
      content: { 'application/json': { schema: answeredSchema } },
    },
    ...refusals(errors.unknownLog, errors.unknownEntry, errors.notAnchoredYet, errors.malformedRequest),
  },
});

export function proofRoute(queries: Queries, platformLogId: string | undefined) {
  const api = newApi<{ Variables: WithPrincipal }>();
  api.openapi(route, async (c) => {
    const { logId, index } = c.req.valid('param');
    const log = await findLog(queries, logId);
    if (log === undefined)
      return problem(c, errors.unknownLog, `no entry of log ${logId} is mirrored here`) as never;
    const entry = await findEntry(queries, log, index);
    if (entry === undefined) {
      return problem(
        c,
        errors.unknownEntry,
        `${log.origin} has entries 0 to ${log.size - 1} here, not ${index}`,
      ) as never;
    }
    const principal = c.get('principal');
    const now = Date.now();
    const message = entry.payload === null ? undefined : readMessage(entry.payload);
    const disclose =
      principal?.isOwner === true ||
      (await isPublished(queries, entry)) ||
      (await isOpenRecord(queries, platformLogId, log, index)) ||
      (message !== undefined && (await maySeePersonalData(queries, principal, message.device, now)));
    const disclosed = disclose ? await discloseTo(queries, principal, message?.commitments ?? [], now) : [];
    const proof = await buildBundle(queries, log, entry, disclose);
    if ('refused' in proof) {
      const detail = `entry ${index} of ${log.origin} is mirrored, but no anchor on the chain covers it yet; ask again soon`;
      return problem(c, errors.notAnchoredYet, detail) as never;
    }
    c.header(
      'content-disposition',
      `inline; filename="${log.origin.replaceAll('/', '_')}-${index}.proof.json"`,
    );
    // Whether the payload is in it depends on who asks, and on a batch that may be withdrawn.
    c.header('cache-control', 'private, max-age=5');
    c.header('vary', 'authorization');
    return c.json({ ...proof.bundle, ...(disclosed.length > 0 && { disclosed }) }, 200);
  });
  return api;
}
