import { execFile } from 'node:child_process';

/** Both answer at once or never. */
const timeoutMs = 3_000;
const maxOutputBytes = 64 * 1024;

/** A program's output, or undefined where it is not there, fails or does not answer. */
export function runProgram(program: string, args: readonly string[]): Promise<string | undefined> {
  // A program of systemd's that fails says so to whoever supervises it, and that would be the gateway's own supervisor.
  const { NOTIFY_SOCKET: _, ...environment } = process.env;
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      // Messages, not translations of them.
      { timeout: timeoutMs, maxBuffer: maxOutputBytes, env: { ...environment, LC_ALL: 'C' } },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
  });
}
