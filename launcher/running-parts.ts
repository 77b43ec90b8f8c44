import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { PartProcess } from './part-process.ts';

const runSchema = z.array(z.object({ name: z.string(), pid: z.int() }));

/** Which processes belong to this deployment, on disk: a launcher that is killed cannot stop them itself. */
export type RunningParts = {
  /** @param mayEnd one whose end the others get on without */
  add: (part: PartProcess, mayEnd?: 'may end') => PartProcess;
  /** ends one part on purpose, by name; `broken` stays quiet about it */
  stop: (name: string, signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  /** stops all, the last started first */
  stopAll: () => Promise<void>;
  /** rejects when a part ends by itself */
  broken: Promise<never>;
};

export function newRunningParts(
  file: string,
  onBroken: (part: PartProcess, code: number) => Error,
): RunningParts {
  const parts = new Map<string, PartProcess>();
  const onPurpose = new Set<PartProcess>();
  let reject: (error: Error) => void;
  const broken = new Promise<never>((_, fail) => (reject = fail));
  broken.catch(() => {}); // looked at where something waits
  const write = (): void =>
    writeFileSync(file, JSON.stringify([...parts.values()].map(({ name, pid }) => ({ name, pid }))));

  async function stop(name: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const part = parts.get(name);
    if (part === undefined) return;
    onPurpose.add(part);
    await part.stop(signal);
    parts.delete(name);
    write();
  }

  return {
    broken,
    add(part, mayEnd) {
      parts.set(part.name, part);
      if (mayEnd !== undefined) onPurpose.add(part);
      write();
      void part.ended.then((code) => {
        if (!onPurpose.has(part)) reject(onBroken(part, code));
      });
      return part;
    },
    stop,
    async stopAll() {
      for (const part of parts.values()) onPurpose.add(part);
      for (const name of [...parts.keys()].toReversed()) await stop(name);
      rmSync(file, { force: true });
    },
  };
}

/** Stops what an earlier launcher left behind when it was killed. Call it while holding the launcher's lock. */
export async function stopLeftovers(file: string): Promise<string[]> {
  const stopped: string[] = [];
  for (const { name, pid } of readRun(file)) {
    if (!isOurs(pid)) continue;
    process.kill(pid, 'SIGTERM');
    for (let i = 0; i < 100 && isOurs(pid); i++) await delay(100);
    if (isOurs(pid)) process.kill(pid, 'SIGKILL');
    stopped.push(name);
  }
  rmSync(file, { force: true });
  return stopped;
}

function readRun(file: string): { name: string; pid: number }[] {
  try {
    const run = runSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return run.success ? run.data : [];
  } catch {
    return [];
  }
}

/** Alive, and still one of ours: a number may have gone to somebody else since (Linux tells; elsewhere it is believed). */
function isOurs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return /main\.ts|anvil/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return true;
  }
}
