export type WitnessErrorCode =
  | 'KEY_UNREADABLE'
  | 'LOGS_UNREADABLE'
  /** there is none, or one that is no witness's */
  | 'STATE_UNREADABLE';

/** What this package throws. The message says what happened, to which thing, and what to do next. */
export class WitnessError extends Error {
  readonly code: WitnessErrorCode;

  constructor(code: WitnessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WitnessError';
    this.code = code;
  }
}
