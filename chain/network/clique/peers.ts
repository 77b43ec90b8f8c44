import { SigningKey } from 'ethers';

/** A node's address for its peers: devp2p's enode URL, from its node key (32 bytes, 0x hex). */
export function enodeOf(nodeKey: string, port: number): string {
  // The uncompressed point without its leading 04.
  const publicKey = new SigningKey(nodeKey).publicKey.slice(4);
  return `enode://${publicKey}@127.0.0.1:${port}`;
}

/** The part of geth's configuration that has no flag: who is dialled again whenever the connection is gone. */
export function peersToml(enodes: string[]): string {
  return `[Node.P2P]\nStaticNodes = ${JSON.stringify(enodes)}\n`;
}
