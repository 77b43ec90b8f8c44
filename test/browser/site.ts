import type { JsonRpc, ProofBundle, TrustPolicy } from '@tianyuan/protocol';
import { type HttpServer, serve } from '@tianyuan/platform/http/server.ts';
import type { BatchView } from '@tianyuan/trace-api/batches/batch-view.ts';
import { pageRoutes } from '@tianyuan/trace-api/show/routes.ts';

/** What a test's site knows. Bundles by the last part of their path; a string is sent as it is. */
export type SiteContent = {
  batches?: BatchView[];
  bundles?: Record<string, ProofBundle | string>;
  policy?: TrustPolicy;
  rpc?: JsonRpc;
};

/** The real pages on a loopback port, over batches, bundles and a chain of the test's own. */
export async function startSite({
  batches = [],
  bundles = {},
  policy = {},
  rpc,
}: SiteContent): Promise<HttpServer> {
  const app = pageRoutes({
    findBatch: async (by) =>
      batches.find((batch) =>
        'batchId' in by ? batch.batchId === by.batchId : batch.gtin === by.gtin && batch.lot === by.lot,
      ),
    publicUrl: 'https://trace.example',
  });
  app.get('/api/v1/trust-policy', (c) => c.json(policy));
  app.get('/api/v1/bundles/:name', (c) => {
    const bundle = bundles[c.req.param('name')];
    if (bundle === undefined) return c.notFound();
    const text = typeof bundle === 'string' ? bundle : JSON.stringify(bundle);
    return c.body(text, 200, { 'content-type': 'application/json' });
  });
  // As a node answers a page of another origin: JSON takes a preflight (Fetch standard 4.8).
  app.options('/api/v1/chain/rpc', (c) =>
    c.body(null, 204, { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' }),
  );
  app.post('/api/v1/chain/rpc', async (c) => {
    c.header('access-control-allow-origin', '*');
    const { id, method, params } = await c.req.json<{ id: number; method: string; params: unknown[] }>();
    return c.json({ jsonrpc: '2.0', id, result: await rpc?.(method, params) });
  });
  return serve({ fetch: app.fetch, host: '127.0.0.1', port: 0 });
}
