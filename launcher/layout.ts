import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where everything of a one-machine deployment lies: nothing is written outside this directory. */
export function layoutOf(home: string) {
  return {
    home,
    /** processes of the run that is on, so that the next one can clear up after a kill */
    run: join(home, 'run.json'),
    lock: join(home, 'launcher.lock'),
    /** where the parts of the run that is on listen */
    addresses: join(home, 'addresses.json'),
    chain: join(home, 'chain'),
    deployment: join(home, 'chain', 'deployment.json'),
    anchorerKey: join(home, 'chain', 'anchorer.key'),
    hubKey: join(home, 'chain', 'hub.key'),
    /** signs the platform's own log */
    platformKey: join(home, 'platform.key'),
    gateway: join(home, 'gateway'),
    trace: join(home, 'trace'),
    /** keys of the demonstration's people, and how far its story is told */
    story: join(home, 'story'),
    /** the simulated national platform, and what its client is given */
    national: join(home, 'national'),
    nationalEnvironments: join(home, 'national', 'client', 'environments.json'),
    ownerToken: join(home, 'owner.token'),
    devices: join(home, 'devices'),
    enrolment: join(home, 'devices', 'enrolment.json'),
    summary: join(home, 'devices', 'summary.json'),
    /** what `npm run verify` trusts when it is told nothing else */
    trustPolicy: join(home, 'trust-policy.json'),
  } as const;
}

export type Layout = ReturnType<typeof layoutOf>;

export const defaultHome = join(root, '.tianyuan');

/** The entry point of a part. */
export function partMain(
  part: 'chain' | 'gateway-agent' | 'trace-api' | 'firmware-sim' | 'verifier' | 'trace-china-sim',
): string {
  return join(root, part, 'main.ts');
}
