import { link, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { readIfThere, writeAtomically } from '../atomic-file.ts';
import { ChainError } from '../chain-error.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

const processSchema = z.strictObject({ pid: z.int(), startedAt: z.string() });
const lockSchema = z.strictObject({
  keeper: processSchema,
  /** of a version that had no other children */
  anvil: processSchema.optional(),
  children: z.array(processSchema).optional(),
});

/** Two nodes on one state would overwrite each other's chain. */
export type Lock = {
  /** remembers all the nodes that run for the keeper, instead of those noted before */
  noteChildren: (pids: number[]) => Promise<void>;
  release: () => Promise<void>;
};

const stopTimeoutMs = 10_000;

/**
 * Takes the lock of a local chain's directory. A lock whose keeper died is taken over, and the nodes it left behind
 * are stopped first, so that they write their state.
 * @throws ChainError ALREADY_RUNNING
 */
export async function takeLock(file: string): Promise<Lock> {
  const keeper = identifyProcess(process.pid)!;
  let held = true;
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await createExclusively(file, `${JSON.stringify({ keeper })}\n`)) {
      return {
        noteChildren: (pids) =>
          writeAtomically(
            file,
            `${JSON.stringify({ keeper, children: pids.flatMap((pid) => identifyProcess(pid) ?? []) })}\n`,
          ),
        async release() {
          if (held) await rm(file, { force: true });
          held = false; // from now on it may be another's
        },
      };
    }
    await clearStale(file);
  }
  throw new ChainError(
    'ALREADY_RUNNING',
    `another process keeps taking ${file}: is the local chain started twice?`,
  );
}

async function clearStale(file: string): Promise<void> {
  const text = await readIfThere(file);
  if (text === undefined) return;
  const lock = parseLock(text);
  if (lock !== undefined && isRunning(lock.keeper)) {
    throw new ChainError(
      'ALREADY_RUNNING',
      `process ${lock.keeper.pid} is running this local chain already (${file}): use that one, or stop it first`,
    );
  }
  const left = [...(lock?.anvil ? [lock.anvil] : []), ...(lock?.children ?? [])];
  await Promise.all(left.map(stopLeftover));
  await rm(file, { force: true });
}

async function stopLeftover(node: ProcessIdentity): Promise<void> {
  const deadline = Date.now() + stopTimeoutMs;
  if (isRunning(node)) process.kill(node.pid, 'SIGTERM');
  while (isRunning(node)) {
    if (Date.now() > deadline) process.kill(node.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A lock that a crash left half written says nothing, and nobody holds it. */
function parseLock(text: string): z.infer<typeof lockSchema> | undefined {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** With its content in one step: a lock that is seen empty would be taken for a stale one. */
async function createExclusively(file: string, content: string): Promise<boolean> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, content, { mode: 0o600 });
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}
