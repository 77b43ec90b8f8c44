import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FindStuck } from './find-stuck.ts';

/** What systemd told this process in its environment (sd_notify(3), sd_watchdog_enabled(3)). */
export type Supervision = {
  /**
   * Runs until the signal stops it: says that we are ready, that we live while nothing is stuck, and that we stop. That the
   * event loop turns, and with it the broker, is said by its saying anything.
   * @param findStuck what has been stuck for longer than the supervisor waits, in words
   */
  run: (findStuck: FindStuck, signal: AbortSignal) => Promise<void>;
};

/**
 * Talks to systemd through systemd-notify(1): a datagram to a Unix socket, which Node cannot send without native code.
 * The unit says `NotifyAccess=all` for that. Undefined where nobody supervises.
 */
export function superviseBySystemd(
  environment: Record<string, string | undefined>,
  logger: Logger,
  program = 'systemd-notify',
): Supervision | undefined {
  if (!environment['NOTIFY_SOCKET']) return undefined;
  const watchdogMs = Number(environment['WATCHDOG_USEC'] ?? 0) / 1000;

  const tell = (state: string): Promise<void> =>
    new Promise((resolve) => {
      execFile(program, [state], { timeout: 10_000 }, (error) => {
        if (error) logger.error({ err: error, state }, 'systemd could not be told');
        resolve();
      });
    });

  return {
    async run(findStuck, signal) {
      await tell('READY=1');
      while (!signal.aborted) {
        // Half the time that it waits: one that is late must not be the end (sd_watchdog_enabled(3)).
        await delay(watchdogMs > 0 ? watchdogMs / 2 : 60_000, undefined, { signal }).catch(() => {});
        if (signal.aborted || watchdogMs === 0) continue;
        const stuck = findStuck(watchdogMs);
        if (stuck === undefined) await tell('WATCHDOG=1');
        else logger.error({ stuck }, 'systemd is not told that the gateway lives');
      }
      await tell('STOPPING=1');
    },
  };
}
