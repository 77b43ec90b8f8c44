export type ProtocolErrorCode =
  | 'BASE64'
  | 'CBOR'
  | 'ENTRY'
  | 'NOTE'
  | 'CHECKPOINT'
  | 'COSIGNATURE'
  | 'TLOG_PROOF'
  | 'WITNESS'
  | 'ENTRY_BUNDLE'
  | 'LOG_EXPORT'
  | 'TILE'
  | 'RANGE'
  | 'MESSAGE'
  | 'COMMITMENT'
  | 'CLAIM'
  | 'IDENTIFIER'
  | 'CANONICAL_JSON'
  | 'RPC'
  /** chain evidence in a bundle */
  | 'HEADER'
  | 'RECEIPT'
  | 'TRIE_PROOF'
  | 'STATE';

/** What a parser or a generator of this package throws. Verifiers never throw: they answer false or a verdict. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
    this.code = code;
  }
}
