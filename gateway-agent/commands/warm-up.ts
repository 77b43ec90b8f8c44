import type { Command } from 'commander';
import { openVerifyPool } from '../accept/verify-pool.ts';

/** `warm-up`: what systemd runs before the agent. */
export function addWarmUpCommand(program: Command): void {
  program
    .command('warm-up')
    .description(
      'Load all that an agent may load, and end: where NODE_COMPILE_CACHE names a directory, the agent finds it there compiled, ' +
        'and needs less memory. Changes nothing else.',
    )
    .action(async () => {
      await Promise.all([
        import('../deliver/open-anchoring.ts'),
        import('../devices/follow-registry.ts'),
        import('../devices/certificate-authority.ts'),
        import('../receive/external-broker.ts'),
      ]);
      // Threads compile for themselves.
      const pool = openVerifyPool(1);
      await pool.verify([], new Map());
      await pool.close();
    });
}
