export type PlatformErrorCode =
  | 'DIRECTORY_IN_USE'
  | 'DATABASE_UNREACHABLE'
  | 'MIGRATION_FAILED'
  | 'PORT_IN_USE'
  | 'ADDRESS_UNUSABLE'
  | 'BUS_UNREACHABLE'
  | 'SUBSCRIBER_FAILED'
  | 'EVENT_SCHEMA';

/** What this package throws where it cannot do its work. The message says what to do about it. */
export class PlatformError extends Error {
  readonly code: PlatformErrorCode;

  constructor(code: PlatformErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PlatformError';
    this.code = code;
  }
}
