import { Hono, type MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export { Counter, Gauge, type Registry as MetricsRegistry } from 'prom-client';

/** A registry of its own for each service object, so that two in one process do not mix. */
export function newMetricsRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Measures every request. The label is the route's pattern: paths have ids in them and would never end. */
export function measureRequests(registry: Registry): MiddlewareHandler {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its handler',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return async (c, next) => {
    const end = duration.startTimer();
    await next();
    end({ method: c.req.method, route: matchedRoute(routePath(c, -1)), status: String(c.res.status) });
  };
}

/** `/metrics` in Prometheus's text format. */
export function metricsRoute(registry: Registry): Hono {
  const routes = new Hono();
  routes.get('/metrics', async (c) =>
    c.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  return routes;
}

/** Where nothing but middleware matched, the path is anybody's invention. */
function matchedRoute(pattern: string): string {
  return pattern.endsWith('*') ? 'none' : pattern;
}
