import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Layout, layoutOf } from '@tianyuan/launcher/layout.ts';
import { type OneMachine, startOneMachine } from '@tianyuan/launcher/one-machine.ts';
import { type Progress, awaitProgress } from '@tianyuan/launcher/progress.ts';

/** Everything on one machine, as `npm start` has it, in a directory of its own; quiet, for six devices. */
export type MachineUnderTest = {
  machine: OneMachine;
  layout: Layout;
  /** waits for it, while the parts run */
  progress: (isEnough: (now: Progress) => boolean) => Promise<Progress>;
  /** entries in the gateway's log by its own word: it answers while the trace API does not */
  logged: () => Promise<number>;
  remove: () => Promise<void>;
};

export async function startMachine(anchorIntervalMs: number): Promise<MachineUnderTest> {
  const home = mkdtempSync(join(tmpdir(), 'tianyuan-faults-'));
  const layout = layoutOf(home);
  const machine = await startOneMachine({
    layout,
    fresh: false,
    devices: 6,
    host: '127.0.0.1',
    publicUrl: undefined,
    anchorIntervalMs,
    quiet: true,
    say: () => {},
  });
  return {
    machine,
    layout,
    progress: (isEnough) => awaitProgress(machine, isEnough, () => {}, machine.parts.broken),
    async logged() {
      const response = await fetch(`${machine.gatewayUrl}/status`);
      return ((await response.json()) as { logged: number }).logged;
    },
    async remove() {
      await machine.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
