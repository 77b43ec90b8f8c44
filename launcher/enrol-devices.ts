import { readFileSync } from 'node:fs';
import { type Layout, partMain } from './layout.ts';
import { runCommand } from './part-process.ts';

/** One line of an enrolment file, as far as the chain and the batch need it. */
export type EnrolledDevice = { device: string; key: number; publicKey: string };

/** Keys for devices that have none; `which` are the simulator's flags. */
export async function makeDevices(layout: Layout, which: readonly string[]): Promise<void> {
  await runCommand('making the devices', [
    partMain('firmware-sim'),
    'enrol',
    '--state',
    layout.devices,
    ...which,
  ]);
}

/** Tells the gateway every device there is; one that runs notices. */
export async function importDevices({ enrolment, gateway }: Layout): Promise<EnrolledDevice[]> {
  const args = [partMain('gateway-agent'), 'devices', 'import', enrolment, '--data-dir', gateway];
  await runCommand('enrolling the devices at the gateway', args);
  return JSON.parse(readFileSync(enrolment, 'utf8')) as EnrolledDevice[];
}
