import type { TimeSource } from './time-source.ts';
import { runProgram } from './run-program.ts';

/**
 * The kernel's own word (adjtimex, STA_UNSYNC), as systemd passes it on, whoever sets the clock: ntpd too. The kernel takes
 * it back by itself some hours after it was last told.
 */
export function kernelSource(): TimeSource {
  return {
    name: 'kernel',
    async read() {
      const output = await runProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
      const said = output?.trim();
      return said === 'yes' || said === 'no' ? { synchronised: said === 'yes' } : undefined;
    },
  };
}
