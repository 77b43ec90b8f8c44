/** What this package throws for people: the message says what happened, to which thing, and what to do next. */
export class SimulatorError extends Error {
  readonly code: 'STATE_LOCKED' | 'STATE_VERSION' | 'UNKNOWN_DEVICE' | 'USAGE' | 'CLAIM';

  constructor(code: SimulatorError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SimulatorError';
    this.code = code;
  }
}
