import { RLP } from '@ethereumjs/rlp';
import { bytesToHex } from '../encoding/bytes.ts';
import { ProtocolError } from '../protocol-error.ts';

/** An event in a receipt: address and topics as `0x` and lower-case hex digits, data likewise. */
export type ReceiptLog = { address: string; topics: string[]; data: string };

type Rlp = Uint8Array | Rlp[];

const hex = (bytes: unknown): string => {
  if (!(bytes instanceof Uint8Array)) throw new ProtocolError('RECEIPT', 'a list where bytes are wanted');
  return `0x${bytesToHex(bytes)}`;
};

/**
 * A receipt as the receipts trie has it: EIP-2718's type byte where there is one, then
 * `[status, cumulative gas, bloom, logs]`.
 * @throws ProtocolError RECEIPT
 */
export function decodeReceipt(bytes: Uint8Array): { succeeded: boolean; logs: ReceiptLog[] } {
  const isTyped = bytes[0]! < 0xc0;
  let decoded: unknown;
  try {
    decoded = RLP.decode(isTyped ? bytes.subarray(1) : bytes);
  } catch (cause) {
    throw new ProtocolError('RECEIPT', 'a receipt that is no RLP', { cause });
  }
  if (!Array.isArray(decoded) || decoded.length !== 4 || !Array.isArray(decoded[3])) {
    throw new ProtocolError('RECEIPT', 'a receipt is a list of four, the last of them logs');
  }
  return { succeeded: hex(decoded[0]) === '0x01', logs: (decoded[3] as Rlp[]).map(decodeLog) };
}

/** The key of a block's receipt in its trie. */
export function receiptKey(transactionIndex: number): Uint8Array {
  return RLP.encode(transactionIndex);
}

function decodeLog(log: Rlp): ReceiptLog {
  if (!Array.isArray(log) || log.length !== 3 || !Array.isArray(log[1])) {
    throw new ProtocolError('RECEIPT', 'a log is address, topics and data');
  }
  return { address: hex(log[0]), topics: log[1].map(hex), data: hex(log[2]) };
}
