import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { PlatformError } from '../platform-error.ts';

export type HttpServer = {
  /** where it can be reached, with the port that was really taken; no trailing slash */
  url: string;
  /** Lets requests that are running end, for at most `graceMs`, and then cuts what is left. */
  close(graceMs?: number): Promise<void>;
};

type Fetch = (request: Request, env: object) => Response | Promise<Response>;

/**
 * Listens.
 * @param config.port 0 for any free one
 * @throws PlatformError PORT_IN_USE or ADDRESS_UNUSABLE
 */
export async function serve(config: { fetch: Fetch; host: string; port: number }): Promise<HttpServer> {
  const { fetch, host, port } = config;
  const server = createAdaptorServer({ fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(describeListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close: (graceMs = 5_000) => closeServer(server, graceMs),
  };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  // close() itself ends the connections that are idle; a keep-alive one ends with the request that it carries.
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(timer);
}

function describeListenError(cause: NodeJS.ErrnoException, host: string, port: number): PlatformError {
  if (cause.code === 'EADDRINUSE') {
    return new PlatformError(
      'PORT_IN_USE',
      `port ${port} on ${host} is taken by another program; stop that one or choose another port with --port`,
      { cause },
    );
  }
  return new PlatformError('ADDRESS_UNUSABLE', `cannot listen on ${host}, port ${port}: ${cause.message}`, {
    cause,
  });
}
