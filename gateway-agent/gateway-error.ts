export type GatewayErrorCode =
  | 'CONFIG'
  | 'PORT_IN_USE'
  | 'STORE_LOCKED'
  | 'STORE_FAILED'
  | 'KEY_FILE'
  | 'VERIFIER'
  | 'DEVICE'
  | 'UPLOAD'
  /** the store has no room for messages: nothing of them may be acknowledged */
  | 'FULL'
  | 'WEBHOOK'
  | 'BACKUP'
  | 'EXPORT'
  | 'SUCCESSOR'
  | 'REWOUND'
  /** came out of a backup, and not every link has told yet what was signed after it */
  | 'UNPROVEN'
  /** salvaged, and short of what was signed: this log is never signed again */
  | 'HELD';

/** A broken invariant or failed I/O of the agent. Expected refusals are values, not this. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GatewayError';
    this.code = code;
  }
}
