import { randomBytes } from 'node:crypto';
import { SigningKey, computeAddress } from 'ethers';

/** A node's secp256k1 key: it names the node to its peers and signs a validator's blocks. */
export type NodeIdentity = { publicKey: string; address: string };

/** 64 hex digits, as Besu's `node-private-key-file` holds them; every 32 bytes but a handful are a key. */
export function newNodeKey(): string {
  return randomBytes(32).toString('hex');
}

/** @param nodeKey 64 hex digits */
export function identityOf(nodeKey: string): NodeIdentity {
  return identityOfPublicKey(new SigningKey(`0x${nodeKey}`).publicKey.slice(4));
}

/** @param publicKey the uncompressed point without its leading 04, 128 hex digits */
export function identityOfPublicKey(publicKey: string): NodeIdentity {
  return { publicKey, address: computeAddress(`0x04${publicKey}`).toLowerCase() };
}
