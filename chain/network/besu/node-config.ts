import { isIP } from 'node:net';
import { stringify } from 'smol-toml';
import type { Consortium, ConsortiumNode } from './consortium.ts';

export type Role = 'validator' | 'member';
export type Peer = ConsortiumNode & { role: Role; publicKey: string; address: string };

/** Where a node's files are, in the container and on a machine alike. */
export const places = { configuration: '/etc/besu', data: '/var/lib/besu' };

/** Besu's own bound on what a node without a public role connects to. */
const defaultMaxPeers = 25;

export function enodeOf({ publicKey, host, p2pPort }: Peer): string {
  return `enode://${publicKey}@${host}:${p2pPort}`;
}

/**
 * A node's configuration file, each line an option of Besu's command line. It is Besu's own profile for private networks
 * (`ENTERPRISE`: FULL sync, FOREST storage, a sequenced pool, gas for nothing), written out, and what a closed network needs.
 */
export function nodeConfig(node: Peer, peers: Peer[], consortium: Consortium): string {
  const { configuration, data } = places;
  const validator = node.role === 'validator';
  const byName = [node, ...peers].some(({ host }) => isIP(host) === 0);
  return stringify({
    'data-path': data,
    'genesis-file': `${configuration}/genesis.json`,
    'node-private-key-file': `${data}/key`,
    'static-nodes-file': `${configuration}/static-nodes.json`,
    'version-compatibility-protection': true,
    'sync-mode': 'FULL',
    // Keeps every block's state, of which bundles carry proofs (eth_getProof) for years.
    'data-storage-format': 'FOREST',
    'sync-min-peers': 1,
    // Nobody is looked for, nobody else is let in.
    'discovery-enabled': false,
    'permissions-nodes-config-file-enabled': true,
    'permissions-nodes-config-file': `${data}/permissions_config.toml`,
    ...(consortium.accounts && {
      'permissions-accounts-config-file-enabled': true,
      'permissions-accounts-config-file': `${data}/permissions_config.toml`,
    }),
    'p2p-host': node.host,
    'p2p-interface': '0.0.0.0',
    'p2p-port': node.p2pPort,
    'max-peers': Math.max(defaultMaxPeers, peers.length),
    'remote-connections-limit-enabled': false,
    ...(byName && { 'Xdns-enabled': true, 'Xdns-update-enabled': true }),
    'min-gas-price': 0,
    'tx-pool': 'SEQUENCED',
    'tx-pool-no-local-priority': true,
    'tx-pool-limit-by-account-percentage': 0.15,
    'rpc-http-enabled': true,
    // A validator is spoken to by its operator alone: votes and allowlists go through the same door.
    'rpc-http-host': validator ? '127.0.0.1' : '0.0.0.0',
    'rpc-http-port': node.rpcPort,
    'rpc-http-api': validator ? ['ETH', 'NET', 'WEB3', 'QBFT', 'PERM', 'ADMIN'] : ['ETH', 'NET', 'WEB3'],
    'host-allowlist': validator ? ['localhost', '127.0.0.1'] : ['localhost', '127.0.0.1', node.host],
    'metrics-enabled': true,
    'metrics-host': '127.0.0.1',
    'metrics-port': node.metricsPort,
  });
}

/** Besu rewrites this file when its allowlists are changed over JSON-RPC, so it lies with the data. */
export function permissionsConfig(peers: Peer[], { accounts }: Consortium): string {
  return stringify({
    'nodes-allowlist': peers.map(enodeOf),
    ...(accounts && { 'accounts-allowlist': accounts }),
  });
}
