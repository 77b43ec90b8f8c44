import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';

/** AnchorLog's event as the contract ABI lays it out. */
const appendedTopic = `0x${bytesToHex(keccak_256(utf8ToBytes('Appended(bytes32,uint64,uint64,bytes32,bytes)')))}`;

/** `logId` is 64 lower-case hex digits, `root` 32 bytes, `signature` 64. */
export type AppendedEvent = {
  logId: string;
  oldSize: number;
  newSize: number;
  root: Uint8Array;
  signature: Uint8Array;
};

/**
 * An event of a receipt as `Appended`; undefined where it is another contract's or another event.
 * @throws ProtocolError RPC
 */
export function findAppended(
  log: { address: string; topics: readonly string[]; data: string },
  contract: string,
): AppendedEvent | undefined {
  const isOurs = log.address.toLowerCase() === contract.toLowerCase() && log.topics[0] === appendedTopic;
  return isOurs ? decodeAppended(log.topics[1] ?? '', log.data) : undefined;
}

/** Contract ABI: two uint64 words, the root, the offset of the bytes, and there their length and themselves. */
function decodeAppended(logIdTopic: string, data: string): AppendedEvent {
  const word = (i: number) => data.slice(2 + i * 64, 2 + (i + 1) * 64);
  const length = Number(`0x${word(4)}`);
  const signature = data.slice(2 + 5 * 64, 2 + 5 * 64 + length * 2);
  if (length !== 64 || signature.length !== 128) {
    throw new ProtocolError('RPC', 'an Appended event without a 64-byte signature');
  }
  return {
    logId: logIdTopic.slice(2),
    oldSize: Number(`0x${word(0)}`),
    newSize: Number(`0x${word(1)}`),
    root: hexToBytes(word(2)),
    signature: hexToBytes(signature),
  };
}
