import { Hono } from 'hono';
import { z } from 'zod';
import { faultsSchema } from './fault.ts';
import { type PlatformState, publishClientKit } from './platform-state.ts';
import { recordSchema } from './record.ts';

/** Whoever runs the simulator: no real platform has this, and nobody but this machine is to reach it. */
export function adminRoutes(state: PlatformState): Hono {
  const routes = new Hono();
  routes.get('/faults', (c) => c.json({ faults: state.faults.list() }));
  routes.put('/faults', async (c) => {
    state.faults.set(faultsSchema.parse(await c.req.json()).faults);
    return c.json({ faults: state.faults.list() });
  });
  routes.put('/records/:code', async (c) => {
    const record = recordSchema.parse(await c.req.json());
    if (record.traceCode !== c.req.param('code'))
      return c.json({ error: 'another code than the path says' }, 400);
    state.putRecord(record);
    return c.json(record);
  });
  routes.put('/clock', async (c) => {
    const { offsetMs } = z.strictObject({ offsetMs: z.int() }).parse(await c.req.json());
    state.setClockOffset(offsetMs);
    return c.json({ now: state.now() });
  });
  routes.delete('/tokens', (c) => {
    state.tokens.forget();
    return c.body(null, 204);
  });
  routes.post('/secrets', (c) => {
    state.rotateSecret();
    publishClientKit(state, new URL(c.req.url).origin);
    return c.json({ rotated: true });
  });
  routes.onError((error, c) => {
    if (error instanceof z.ZodError) return c.json({ error: z.prettifyError(error) }, 400);
    if (error instanceof SyntaxError) return c.json({ error: 'the body is not JSON' }, 400);
    throw error;
  });
  return routes;
}
