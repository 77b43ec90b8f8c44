/** What the verifier was given is nothing that it could check: no verdict, exit code 2. The message says what to do. */
export class UnusableInput extends Error {
  constructor(zh: string, en: string, options?: ErrorOptions) {
    super(`${zh}\n${en}`, options);
    this.name = 'UnusableInput';
  }
}

/** What a schema refused, a line for each member. */
export function describeIssues(error: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}): string {
  return error.issues
    .map(({ path, message }) => `  ${path.map(String).join('.') || 'the whole'}: ${message}`)
    .join('\n');
}
