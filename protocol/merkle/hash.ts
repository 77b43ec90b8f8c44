import { ProtocolError } from '../protocol-error.ts';
import { sha256 } from '../sha256.ts';

// RFC 6962 section 2.1: the prefixes keep a leaf from ever being taken for a node.
const leafPrefix = 0x00;
const nodePrefix = 0x01;

// One input, written again for every node: allocating it would cost as much as hashing it.
const nodeInput = new Uint8Array(65);
nodeInput[0] = nodePrefix;

/** MTH({}) = SHA-256 of nothing, the root of the empty log. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** SHA-256(0x00 ‖ entry), 32 bytes. */
export function leafHash(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input[0] = leafPrefix;
  input.set(entry, 1);
  return sha256(input);
}

/**
 * SHA-256(0x01 ‖ left ‖ right), 32 bytes.
 * @throws ProtocolError RANGE for anything but two hashes of 32 bytes
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== 32 || right.length !== 32) {
    // What is left in nodeInput of the node before would be hashed with it.
    throw new ProtocolError(
      'RANGE',
      `a node is over two 32-byte hashes, not ${left.length} and ${right.length} bytes`,
    );
  }
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return sha256(nodeInput);
}
