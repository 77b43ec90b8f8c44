/** A backup that was not made, or does not come back. The message says what to do about it. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
