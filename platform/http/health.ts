import { Hono } from 'hono';

/** Rejects, or answers with the reason, where the thing does not work. */
export type ReadinessCheck = {
  check: () => Promise<string | undefined>;
  /** without it the service is of no use; without one that is not required it does what it can */
  required: boolean;
};

const checkTimeoutMs = 2_000; // shorter than the probes of Kubernetes, Nomad and load balancers commonly wait

/**
 * `/healthz`: the process runs and answers, nothing more, so that a supervisor does not kill it for what a restart
 * cannot mend. `/readyz`: whether it can do its work now, and what is missing; 503 only where a required thing is, since
 * what all instances share fails for all of them at once, and a balancer would be left with none.
 */
export function healthRoutes(checks: Record<string, ReadinessCheck>): Hono {
  const routes = new Hono();
  routes.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }));
  routes.get('/readyz', async (c) => {
    const results = await Promise.all(Object.entries(checks).map(([name, one]) => runCheck(name, one)));
    const failed = results.filter(({ state }) => state !== 'ok');
    const status = failed.some(({ required }) => required)
      ? 'unavailable'
      : failed.length > 0
        ? 'degraded'
        : 'ok';
    return c.json(
      { status, checks: Object.fromEntries(results.map(({ name, state }) => [name, state])) },
      status === 'unavailable' ? 503 : 200,
      { 'cache-control': 'no-store' },
    );
  });
  return routes;
}

async function runCheck(
  name: string,
  { check, required }: ReadinessCheck,
): Promise<{ name: string; required: boolean; state: string }> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkTimeoutMs} ms`), checkTimeoutMs);
  });
  try {
    return { name, required, state: (await Promise.race([check(), timeout])) ?? 'ok' };
  } catch (error) {
    return { name, required, state: (error as Error).message };
  } finally {
    clearTimeout(timer);
  }
}
