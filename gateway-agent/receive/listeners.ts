import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type TLSSocket, createServer as createTlsServer } from 'node:tls';
import { GatewayError } from '../gateway-error.ts';
import { type ConnectionLimits, newConnectionBounds } from './connection-bounds.ts';
import { newPacketBound } from './packet-bound.ts';
import type { TurnedAwayReason } from './turned-away.ts';

export type TlsListener = {
  host: string;
  port: number;
  /** PEM: the gateway's own, followed by the authority's, and its key */
  certificate: string;
  privateKey: string;
  /** PEM: whose client certificates are believed */
  authority: string;
};

/** The sockets that devices come in by. */
export type Listeners = {
  port: number;
  tlsPort: number | undefined;
  /** the owner of a connection is known */
  identified: (socket: Socket) => void;
  /** what a connection showed over TLS, where it showed something that the authority issued */
  certificateOf: (socket: Socket) => { name: string; fingerprint: Buffer } | undefined;
  stopListening: () => Promise<void>;
  /** ends the connections that are left, once what was written to them is out */
  endConnections: () => Promise<void>;
};

/** A device whose power was cut says no goodbye, and need not ask for an MQTT keep-alive. */
const tcpKeepAliveMs = 60_000;
/** How long a device may take to accept its last acknowledgements before its connection is cut. */
const farewellMs = 2_000;

const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs };

/**
 * Plain TCP, and TLS beside it where there is a certificate. Every connection is counted before anything is read of it.
 * @param connectTimeoutMs how long a TLS handshake may take
 * @throws GatewayError PORT_IN_USE
 */
export async function openListeners(options: {
  host: string;
  port: number;
  tls: TlsListener | undefined;
  limits: ConnectionLimits;
  connectTimeoutMs: number;
  onConnection: (socket: Socket) => void;
  onTurnedAway: (
    reason: TurnedAwayReason,
    details: { address?: string | undefined; error?: unknown },
  ) => void;
  onError: (error: Error) => void;
}): Promise<Listeners> {
  const { tls, limits, connectTimeoutMs, onConnection, onTurnedAway, onError } = options;
  const sockets = new Set<Socket>();
  const turnAway = (socket: Socket, reason: TurnedAwayReason, error?: unknown): void => {
    onTurnedAway(reason, { address: socket.remoteAddress, error });
    socket.destroy();
  };
  const bounds = newConnectionBounds(limits, (socket) => turnAway(socket, 'NO_CONNECT'));
  /** the TCP connection below a TLS one, which is what is counted */
  const below = new WeakMap<Socket, Socket>();

  const count = (socket: Socket): boolean => {
    const refusal = bounds.take(socket);
    if (refusal === undefined) return true;
    socket.on('error', () => {});
    turnAway(socket, refusal);
    return false;
  };
  const welcome = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    onConnection(socket);
    const isWithinBound = newPacketBound();
    // aedes reads by 'readable', so this is called with what it reads just before its parser is.
    socket.on('data', (chunk: Buffer) => {
      if (!isWithinBound(chunk)) turnAway(socket, 'PACKET_TOO_LARGE');
    });
  };

  const server = createServer(socketOptions, (socket) => {
    if (count(socket)) welcome(socket);
  });
  const tlsServer = tls && openTlsServer(tls, connectTimeoutMs);
  if (tlsServer !== undefined) {
    const raw = new Map<string, Socket>();
    tlsServer.on('connection', (socket: Socket) => {
      if (!count(socket)) return;
      const name = nameOf(socket);
      raw.set(name, socket);
      socket.once('close', () => raw.delete(name));
    });
    tlsServer.on('secureConnection', (socket: TLSSocket) => {
      const counted = raw.get(nameOf(socket));
      if (counted !== undefined) below.set(socket, counted);
      if (socket.authorized || !hasCertificate(socket)) return welcome(socket);
      socket.on('error', () => {});
      turnAway(socket, 'UNTRUSTED_CERTIFICATE', socket.authorizationError);
    });
    tlsServer.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // Gone by itself, or turned away already for another reason.
      if (error.code !== 'ECONNRESET') onTurnedAway('TLS_FAILED', { address: socket.remoteAddress, error });
      // Node leaves the connection open once somebody listens here.
      socket.destroy();
    });
  }

  await listen(server, options, 'mqtt-port');
  if (tlsServer !== undefined) {
    await listen(tlsServer, tls!, 'mqtt-tls-port').catch(async (error: unknown) => {
      await stop(server);
      throw error;
    });
  }
  for (const one of [server, tlsServer]) one?.on('error', onError);

  return {
    port: portOf(server),
    tlsPort: tlsServer && portOf(tlsServer),
    identified: (socket) => bounds.identified(below.get(socket) ?? socket),
    certificateOf,
    async stopListening() {
      await Promise.all([stop(server), tlsServer && stop(tlsServer)]);
    },
    async endConnections() {
      await Promise.all([...sockets].map(endConnection));
    },
  };
}

function openTlsServer({ certificate, privateKey, authority }: TlsListener, handshakeTimeout: number) {
  return createTlsServer({
    ...socketOptions,
    cert: certificate,
    key: privateKey,
    ca: authority,
    minVersion: 'TLSv1.2',
    handshakeTimeout,
    requestCert: true,
    // Who has none may still have a token; who has a bad one is turned away, and counted.
    rejectUnauthorized: false,
  });
}

/** Tells a TCP connection from all others that are open; Node links no TLS socket to the one below it. */
function nameOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

function hasCertificate(socket: TLSSocket): boolean {
  return socket.getPeerX509Certificate() !== undefined;
}

function certificateOf(socket: Socket): { name: string; fingerprint: Buffer } | undefined {
  if (!('getPeerX509Certificate' in socket)) return undefined;
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
  return { name, fingerprint: Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex') };
}

/** Ends a connection once what was written to it is out; a device that does not read is cut off. */
function endConnection(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), farewellMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.end(() => socket.destroy());
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function listen(server: Server, { host, port }: { host: string; port: number }, flag: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `port ${port} on ${host} is taken by another program; free it or choose another with --${flag}`
          : `cannot listen on ${host}:${port}: ${cause.message}`;
      reject(new GatewayError('PORT_IN_USE', message, { cause }));
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
