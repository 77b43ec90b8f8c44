import type { ServerType } from '@hono/node-server';
import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { maxClaimBytes } from '@tianyuan/protocol';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { GatewayError } from '../gateway-error.ts';
import { type Bucket, fullBucket, take, waitMs } from '../receive/token-bucket.ts';
import type { ClaimDesk } from './claim-desk.ts';

/** Enough for a device that asks every second whether it was approved. */
const askLimit = { ratePerSecond: 2, burst: 20 };
/** Addresses that are remembered at a time; when there are more, all begin anew. */
const maxAddresses = 4096;
/** A claim is one small request: whoever needs longer is no device. */
const requestTimeoutMs = 10_000;

export type ClaimServer = { port: number; close: () => Promise<void> };

/**
 * `POST /claim` for devices that speak HTTP: the claim as it is over MQTT, answered with 200 when it is decided, 202 while the
 * owner has not approved it, 403 when it is refused and 400 when it is no claim.
 * @param tls PEM; without it plain HTTP
 * @throws GatewayError PORT_IN_USE
 */
export async function openClaimServer(options: {
  host: string;
  port: number;
  tls: { certificate: string; privateKey: string } | undefined;
  desk: ClaimDesk;
  logger: Logger;
}): Promise<ClaimServer> {
  const { host, port, tls, desk, logger } = options;
  const buckets = new Map<string, Bucket>();

  const mayAsk = (address: string): boolean => {
    const now = performance.now();
    const bucket = buckets.get(address) ?? fullBucket;
    if (waitMs(bucket, now, 1, askLimit) > 0) return false;
    if (buckets.size >= maxAddresses) buckets.clear();
    buckets.set(address, take(bucket, now, 1, askLimit));
    return true;
  };

  const app = new Hono().post('/claim', bodyLimit({ maxSize: maxClaimBytes }), async (c) => {
    if (!mayAsk(getConnInfo(c).remote.address ?? ''))
      return c.text('too often; ask again in a second\n', 429);
    const answer = await desk.present(new Uint8Array(await c.req.arrayBuffer()));
    if (answer.state === 'waiting') return c.json(answer, 202);
    if (answer.state === 'approved') return c.json(answer, 200);
    return c.json(answer, answer.code === 'MALFORMED' ? 400 : 403);
  });
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    logger.error({ err: error }, 'a claim could not be decided');
    return c.text('the gateway cannot say now; ask again\n', 503);
  });

  const server = await listen(app, host, port, tls);
  server.on('error', (error: Error) => logger.error({ err: error }, 'a claim could not be taken'));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

function listen(
  app: Hono,
  hostname: string,
  port: number,
  tls: { certificate: string; privateKey: string } | undefined,
): Promise<ServerType> {
  const timeouts = { headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs };
  return new Promise((resolve, reject) => {
    const server =
      tls === undefined
        ? serve({ fetch: app.fetch, hostname, port, serverOptions: timeouts })
        : serve({
            fetch: app.fetch,
            hostname,
            port,
            createServer: createHttpsServer,
            serverOptions: { ...timeouts, cert: tls.certificate, key: tls.privateKey, minVersion: 'TLSv1.2' },
          });
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(
        new GatewayError('PORT_IN_USE', `cannot listen for claims on ${hostname}:${port}: ${cause.message}`, {
          cause,
        }),
      );
    server.once('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      resolve(server);
    });
  });
}
