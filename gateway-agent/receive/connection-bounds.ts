import type { Socket } from 'node:net';
import type { TurnedAwayReason } from './turned-away.ts';

export type ConnectionLimits = {
  /** in all, over every listener */
  maxConnections: number;
  /** from one address; loopback is this machine itself, and not bounded */
  maxConnectionsPerAddress: number;
};

/** Counts connections, and knows which of them have not said who they are. */
export type ConnectionBounds = {
  /** takes a connection in, or says why not; it is forgotten when it closes */
  take: (socket: Socket) => TurnedAwayReason | undefined;
  /** the connection's owner is known now */
  identified: (socket: Socket) => void;
};

/**
 * So many may be silent at a time. A device needs a round trip or three to say who it is; whoever opens connections and says
 * nothing pushes out its own oldest ones rather than a device.
 */
const maxSilent = 128;

/** @param onPushedOut told of a silent connection that is to be closed for a newer one */
export function newConnectionBounds(
  { maxConnections, maxConnectionsPerAddress }: ConnectionLimits,
  onPushedOut: (socket: Socket) => void,
): ConnectionBounds {
  const perAddress = new Map<string, number>();
  // In the order in which they came.
  const silent = new Set<Socket>();
  let total = 0;

  return {
    take(socket) {
      const address = socket.remoteAddress;
      // Gone before it was looked at.
      if (address === undefined) return 'NO_CONNECT';
      const before = perAddress.get(address) ?? 0;
      if (total >= maxConnections) return 'TOO_MANY_CONNECTIONS';
      if (before >= maxConnectionsPerAddress && !isLoopback(address)) return 'TOO_MANY_FROM_ADDRESS';
      total += 1;
      perAddress.set(address, before + 1);
      silent.add(socket);
      socket.once('close', () => {
        total -= 1;
        silent.delete(socket);
        const left = perAddress.get(address)! - 1;
        if (left === 0) perAddress.delete(address);
        else perAddress.set(address, left);
      });
      if (silent.size > maxSilent) {
        const [oldest] = silent;
        silent.delete(oldest!);
        onPushedOut(oldest!);
      }
      return undefined;
    },
    identified: (socket) => void silent.delete(socket),
  };
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1';
}
