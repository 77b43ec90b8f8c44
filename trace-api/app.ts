import { OpenAPIHono } from '@hono/zod-openapi';
import {
  type Database,
  type Logger,
  type MetricsRegistry,
  type ReadinessCheck,
  type RequestIds,
  acceptVersion,
  healthRoutes,
  idempotency,
  idempotencyStore,
  measureRequests,
  metricsRoute,
  problem,
  requestIds,
  requestLog,
  securityHeaders,
} from '@tianyuan/platform';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { asProblem } from './api.ts';
import { auditRoute } from './audit/audit-route.ts';
import { auditWrites } from './audit/audit-writes.ts';
import { noteInAudit } from './audit/note-in-audit.ts';
import type { Audit } from './audit/open-audit.ts';
import { batchRoutes } from './batches/batch-routes.ts';
import { findBatchThen } from './batches/find-batch-then.ts';
import { findBatch } from './batches/find-batch.ts';
import { viewBatch } from './batches/view-batch.ts';
import { readWhen } from './batches/when.ts';
import { catalogueRoutes } from './catalogue/catalogue-routes.ts';
import { closingRoutes } from './closing/closing-routes.ts';
import { type ServedChain, chainRoutes } from './chain-routes.ts';
import { coldChainRoutes } from './cold-chain/cold-chain-routes.ts';
import { profileRoutes } from './cold-chain/profile-routes.ts';
import { idempotency as idempotencyRows } from './database/schema.ts';
import { docsRoutes } from './docs-routes.ts';
import { errors } from './errors.ts';
import { eventSchemaRoutes } from './events/event-schema-routes.ts';
import { genealogyRoutes } from './genealogy/genealogy-routes.ts';
import { saleRoutes } from './genealogy/sale-routes.ts';
import { type UploadEvents, uploadRoute } from './ingest/upload-route.ts';
import { maxUploadBytes } from './ingest/upload.ts';
import { inspectionRoutes } from './inspection/inspection-routes.ts';
import { liveRoute } from './live/live-route.ts';
import { logRoute } from './mirror/log-route.ts';
import { productTraceRoutes } from './national/product-trace-routes.ts';
import { tileRoutes } from './mirror/tile-routes.ts';
import type { IsOwner } from './owner-token.ts';
import { proofRoute } from './prove/proof-route.ts';
import type { Misbehaviour } from '@tianyuan/witness';
import { type WithPrincipal, principal } from './people/principal.ts';
import { sessionRoutes } from './people/sessions/session-routes.ts';
import { whoIsWho } from './people/who-is-who.ts';
import { messagesRoute } from './records/messages-route.ts';
import type { Records } from './records/open-records.ts';
import { type OwnWitness, ownWitnessRoutes } from './witnesses/own-witness.ts';
import type { QualityModel } from './quality/quality-model.ts';
import { qualityRoutes } from './quality/quality-routes.ts';
import { workOrderRoutes } from './quality/work-order-routes.ts';
import { fileRoutes } from './reports/file-routes.ts';
import { reportRoutes } from './reports/report-routes.ts';
import { pageRoutes } from './show/routes.ts';
import { statusRoutes } from './status/status-routes.ts';

export type AppDeps = {
  database: Database;
  logger: Logger;
  registry: MetricsRegistry;
  chain: ServedChain | undefined;
  /** where this service is a witness itself */
  witness: OwnWitness | undefined;
  isOwner: IsOwner;
  /** what scores samples of batches, each for the kinds that it takes; the first that takes one is asked */
  models: readonly QualityModel[];
  /** the platform's own log, where it has one */
  records: Records | undefined;
  /** asks the national platform about a batch, in the background */
  wantNational: (batchId: string) => void;
  audit: Audit;
  /** the site's address as printed on boxes */
  publicUrl: string;
  checks: Record<string, ReadinessCheck>;
  events: UploadEvents;
};

/** The service's HTTP surface, PROTOCOL section 7. */
export function createApp(deps: AppDeps): OpenAPIHono<{ Variables: RequestIds & WithPrincipal }> {
  const { database, logger, registry, chain, isOwner, publicUrl, checks, events } = deps;
  const { queries } = database;
  const noteAudit = noteInAudit(deps.audit);
  const app = new OpenAPIHono<{ Variables: RequestIds & WithPrincipal }>();

  app.use(requestIds(), requestLog(logger), measureRequests(registry));
  // Before the general headers: the pages have a stricter policy of their own, and the inspector's may ask any node.
  app.route(
    '/',
    pageRoutes({
      publicUrl,
      findBatch: async (name, timeMs) => {
        const found = await findBatch(queries, name);
        const when = await readWhen(queries, timeMs);
        const batch = found && (await findBatchThen(queries, found.batchId, when));
        if (!batch?.published) return undefined;
        const view = await viewBatch(queries, batch, deps.records?.logId, when);
        if (timeMs !== undefined) return view;
        if (view.story !== null && view.story.national.state !== 'live') deps.wantNational(batch.batchId);
        return view;
      },
    }),
  );
  app.use(securityHeaders());
  // Whoever audits a log may do so from a page of their own. Nothing here knows a reader by a cookie.
  app.use('/logs/*', cors());
  app.use(
    '/api/*',
    acceptVersion(1, errors.unsupportedVersion),
    bodyLimit({
      maxSize: maxUploadBytes,
      onError: (c) =>
        problem(c, errors.tooLarge, `a body has at most ${maxUploadBytes} bytes; send fewer entries`),
    }),
  );
  app.use('/api/v1/*', principal(queries, isOwner), auditWrites(deps.audit));
  // Before answers are remembered: these hold tokens, or only ask.
  app.route('/', sessionRoutes(database, publicUrl, noteAudit));
  app.route('/', chainRoutes(chain));
  app.on(
    ['POST', 'PUT', 'DELETE'],
    ['/api/v1/*'],
    idempotency(
      idempotencyStore(queries, idempotencyRows),
      {
        reused: errors.idempotencyKeyReused,
        malformed: errors.malformedRequest,
        underWay: errors.stillUnderWay,
        answerLost: errors.answerLost,
      },
      (c: Context<{ Variables: WithPrincipal }>) => c.get('principal')?.id ?? '',
    ),
  );

  app.route('/', healthRoutes(checks));
  app.route('/', metricsRoute(registry));
  app.route('/', uploadRoute(database, events));
  app.route('/', liveRoute(database, events.onEvidence));
  app.route('/', messagesRoute(deps.records));
  app.route('/', whoIsWho(database, deps.records, noteAudit));
  app.route('/', logRoute(queries));
  app.route('/', tileRoutes(queries));
  app.route('/', proofRoute(queries, deps.records?.logId));
  app.route('/', batchRoutes(database, isOwner, deps.records));
  app.route('/', catalogueRoutes(queries, deps.records));
  app.route('/', genealogyRoutes(queries, deps.records?.logId));
  app.route('/', saleRoutes(queries, deps.records));
  app.route('/', closingRoutes(queries, deps.records));
  app.route('/', productTraceRoutes(queries, deps.records?.logId, deps.wantNational));
  app.route('/', inspectionRoutes(queries, isOwner));
  app.route('/', auditRoute(queries, isOwner));
  app.route('/', coldChainRoutes(queries));
  app.route('/', profileRoutes(queries, deps.records));
  app.route('/', statusRoutes(database, deps.records));
  app.route('/', fileRoutes(queries));
  app.route('/', reportRoutes(queries, deps.records));
  app.route('/', qualityRoutes(database, deps.records, deps.models));
  app.route('/', workOrderRoutes(queries, deps.records));
  app.route('/', eventSchemaRoutes());
  if (deps.witness !== undefined) {
    const alarm = "ALARM: a log signed against what was cosigned of it; the witness's state has both sides";
    const onMisbehaviour = ({ origin, kind }: Misbehaviour) =>
      logger.error({ alarm: true, origin, kind }, alarm);
    app.route('/witness', ownWitnessRoutes(queries, deps.witness, onMisbehaviour));
  }
  app.route('/', docsRoutes(app, publicUrl));
  app.notFound((c) => problem(c, errors.noSuchRoute, `there is nothing at ${c.req.method} ${c.req.path}`));
  app.onError((error, c) => {
    const refused = asProblem(error);
    if (refused !== undefined) return problem(c, refused.kind, refused.message);
    logger.error({ err: error, requestId: c.get('requestId') }, 'a request failed');
    return problem(c, errors.internal, `quote request id ${c.get('requestId')} when you report this`);
  });
  return app;
}
