export type SimulatorErrorCode = 'HOME_UNUSABLE';

/** What keeps the simulator from running; the message says what to do. */
export class SimulatorError extends Error {
  override readonly name = 'SimulatorError';
  readonly code: SimulatorErrorCode;

  constructor(code: SimulatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
