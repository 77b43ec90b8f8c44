import type { RateLimit } from '../devices/device-register.ts';
import type { ConnectionLimits } from './connection-bounds.ts';

/** What the broker bounds; each says why beside its default. */
export type BrokerLimits = ConnectionLimits &
  RateLimit & {
    /** how long a connection may take to say who it is, a TLS handshake included once more */
    connectTimeoutMs: number;
  };

export const defaultLimits: BrokerLimits = {
  // Each may hold 64 KiB read ahead and one packet: a farm has hundreds of devices, and an ARM board 512 MB.
  maxConnections: 1000,
  // A router of sensors has one address; whoever holds more than this of one has no more than a quarter of all.
  maxConnectionsPerAddress: 250,
  // A device says who it is in a round trip or three; over a satellite those take some seconds.
  connectTimeoutMs: 10_000,
  // A sensor sends once a minute to once a second, and after an outage a day of that as fast as it may. This is an eighth of
  // what a small server takes in; a board with slow sensors does well with 50, as in deploy/gateway.yaml.
  ratePerSecond: 2000,
  burst: 10_000,
};
