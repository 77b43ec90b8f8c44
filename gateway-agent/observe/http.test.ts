import { Hono } from 'hono';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { serveObservation } from './http.ts';
import { newMetrics } from './metrics.ts';

test('why a page could not be made is told to who asked for it in few words, and in full to the agent', async () => {
  const corrupt = Object.assign(new Error('database disk image is malformed'), { code: 'SQLITE_CORRUPT' });
  const fail = (): never => {
    throw corrupt;
  };
  const faults: unknown[] = [];
  const server = await serveObservation(
    { host: '127.0.0.1', port: 0 },
    {
      page: new Hono().get('/', fail),
      status: fail,
      metrics: newMetrics(fail),
      checkpoint: fail,
      onFault: (error) => faults.push(error),
      logger: pino({ enabled: false }),
    },
  );
  onTestFinished(server.close);
  for (const path of ['/', '/status', '/metrics', '/checkpoint']) {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    expect([path, answer.status]).toEqual([path, 500]);
    expect(await answer.text()).not.toContain('malformed');
  }
  expect(faults).toEqual([corrupt, corrupt, corrupt, corrupt]);
});
