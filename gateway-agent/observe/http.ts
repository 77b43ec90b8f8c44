import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { GatewayError } from '../gateway-error.ts';
import type { Metrics } from './metrics.ts';
import type { Status } from './status.ts';

export type ObservationServer = { port: number; close: () => Promise<void> };

type Address = { host: string; port: number; tls?: { cert: string; key: string } | undefined };

/**
 * `/healthz`, `/metrics`, `/status` and `/checkpoint` for the machine's own monitoring, and the owner's `page` at `/`:
 * loopback unless told otherwise.
 */
export async function serveObservation(
  address: Address,
  sources: {
    page: Hono;
    status: () => Status;
    metrics: Metrics;
    checkpoint: () => string | undefined;
    /** told why a page could not be made */
    onFault: (error: unknown) => void;
    logger: Logger;
  },
): Promise<ObservationServer> {
  const app = new Hono()
    .get('/healthz', (c) => c.text('ok'))
    .get('/status', (c) => c.json(sources.status()))
    .get('/metrics', async (c) =>
      c.body(await sources.metrics.registry.metrics(), 200, {
        'content-type': sources.metrics.registry.contentType,
      }),
    )
    .get('/checkpoint', (c) => {
      const note = sources.checkpoint();
      return note === undefined ? c.text('nothing is signed yet', 404) : c.text(note);
    })
    .route('/', sources.page);
  app.onError((error, c) => {
    sources.onFault(error);
    sources.logger.error({ err: error, path: c.req.path }, 'an observation failed');
    return c.text('the gateway cannot say now; its log tells why\n', 500);
  });
  const server = await listen(app, address);
  server.on('error', (error: Error) =>
    sources.logger.error({ err: error }, 'an observer could not be accepted'),
  );
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // A monitor that keeps its connection open must not keep the gateway from stopping.
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

function listen(app: Hono, { host: hostname, port, tls }: Address): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port, ...(tls && secured(tls)) });
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(
        new GatewayError(
          'PORT_IN_USE',
          cause.code === 'EADDRINUSE'
            ? `port ${port} on ${hostname} is taken by another program; free it or choose another with --http-port`
            : `cannot listen on ${hostname}:${port}: ${cause.message}`,
          { cause },
        ),
      );
    server.once('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      resolve(server);
    });
  });
}

/** @throws GatewayError CONFIG for files that cannot be read */
function secured({ cert, key }: { cert: string; key: string }) {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (cause) {
      throw new GatewayError('CONFIG', `cannot read ${file}, which http.tls names`, { cause });
    }
  };
  return { createServer, serverOptions: { cert: read(cert), key: read(key) } };
}
