export type ChainErrorCode =
  /** no answer from the node, or none that makes sense */
  | 'NODE_UNREACHABLE'
  | 'WRONG_CHAIN_ID'
  /** nothing, or something else, at a contract's address */
  | 'CONTRACT_MISSING'
  /** the contract on the chain is of another version than this one's ABI */
  | 'CONTRACT_OUTDATED'
  | 'DEPLOYMENT_UNREADABLE'
  | 'VALIDATORS_UNREADABLE'
  /** a block that none of the pinned validators sealed */
  | 'UNTRUSTED_BLOCK'
  /** the record is of a chain that is not the one asked */
  | 'DEPLOYMENT_OF_OTHER_CHAIN'
  | 'MISSING_ROLE'
  | 'INSUFFICIENT_FUNDS'
  | 'PAUSED'
  | 'LOG_UNKNOWN'
  | 'LOG_CLOSED'
  /** a log that ought to be closed and is open */
  | 'NOT_CLOSED'
  /** the proof does not lead from the anchored head to the new one */
  | 'INCONSISTENT'
  /** a smaller size than what is anchored, or another root at that size */
  | 'STALE'
  /** an earlier transaction of the same account is not in a block yet */
  | 'TRANSACTION_PENDING'
  /** in a block, and reverted there */
  | 'TRANSACTION_FAILED'
  /** neither in a block nor waiting for one: the chain forgot it */
  | 'ANCHOR_VANISHED'
  | 'TIMEOUT'
  | 'KEY_UNACCEPTABLE'
  | 'KEY_CONFLICT'
  /** a contract or the node refuses for a reason that has no code here */
  | 'REFUSED'
  /** what a node gives as evidence of a block contradicts itself or the block */
  | 'EVIDENCE'
  /** a log's tiles or checkpoint can't be had */
  | 'LOG_UNREADABLE'
  /** a file that is no super-root, or contradicts itself */
  | 'SUPER_ROOT'
  /** bytes that are no OpenTimestamps proof, or one of something else */
  | 'OTS'
  | 'CALENDAR'
  | 'ACCOUNT_UNREADABLE'
  | 'ANVIL_MISSING'
  | 'ANVIL_FAILED'
  | 'GETH_MISSING'
  | 'GETH_FAILED'
  | 'PORT_TAKEN'
  | 'ALREADY_RUNNING'
  | 'STATE_UNREADABLE';

/** What this package throws. The message says what happened, to which thing, and what to do next. */
export class ChainError extends Error {
  readonly code: ChainErrorCode;

  constructor(code: ChainErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChainError';
    this.code = code;
  }
}

const passing = new Set<ChainErrorCode>(['NODE_UNREACHABLE', 'TIMEOUT', 'TRANSACTION_PENDING']);

/** Whether the same call may succeed later with nobody doing anything. */
export function isPassing(error: unknown): boolean {
  return error instanceof ChainError && passing.has(error.code);
}
