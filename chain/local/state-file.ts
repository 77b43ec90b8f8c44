import { hash } from 'node:crypto';
import { copyFile, readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { readIfThere, writeAtomically } from '../atomic-file.ts';
import { ChainError } from '../chain-error.ts';

// anvil writes its state in place, truncating the file first and syncing nothing: a kill in that moment leaves half of
// it. So every whole state is copied aside and synced, and beside the copy is noted which block it reaches. What the copy
// holds can't be lost any more; this is what finality means on a local chain.

const savedSchema = z.strictObject({ blockNumber: z.int().min(0) });
/** anvil 1.7 writes this member last. */
const lastMember = '"historical_states":null}';

const copyOf = (stateFile: string) => `${stateFile}.good`;
const noteOf = (stateFile: string) => `${stateFile}.saved.json`;

/** The newest block that a crash of anvil, or of the machine, can't take back; undefined before the first. */
export async function readSavedBlock(stateFile: string): Promise<number | undefined> {
  const text = await readIfThere(noteOf(stateFile));
  return text === undefined ? undefined : savedSchema.parse(JSON.parse(text)).blockNumber;
}

/**
 * Copies the state aside if it is whole and has changed since `previous`. At most one caller at a time.
 * @returns what to pass as `previous` the next time
 */
export async function saveState(
  stateFile: string,
  previous: SavedState | undefined,
): Promise<SavedState | undefined> {
  const before = await statIfThere(stateFile);
  if (before === undefined || before.mtimeNs === previous?.mtimeNs) return previous;
  const state = await readFile(stateFile);
  const after = await statIfThere(stateFile);
  // anvil writes at most once a second, so a file that did not change while it was read was read whole.
  if (after === undefined || after.mtimeNs !== before.mtimeNs || after.size !== before.size) return previous;
  const blockNumber = newestBlock(state);
  if (blockNumber === undefined) return previous;
  const saved = { mtimeNs: before.mtimeNs, digest: hash('sha256', state), blockNumber };
  // anvil writes every second, whether or not anything has happened.
  if (saved.digest === previous?.digest) return saved;
  await writeAtomically(copyOf(stateFile), state, { mode: 0o600 });
  await writeAtomically(noteOf(stateFile), `${JSON.stringify({ blockNumber })}\n`);
  return saved;
}

export type SavedState = { mtimeNs: bigint; digest: string; blockNumber: number };

/**
 * Makes a state file that anvil can load: its own when that is whole, else the copy.
 * @throws ChainError STATE_UNREADABLE when there was a state and neither is whole
 */
export async function recoverState(stateFile: string): Promise<'fresh' | 'intact' | 'recovered'> {
  const [own, copy] = [await readState(stateFile), await readState(copyOf(stateFile))];
  const saved = await readSavedBlock(stateFile);
  // A power cut may bring back an older file than the one that was copied: then the copy is the newer.
  if (own.blockNumber !== undefined && own.blockNumber >= (saved ?? 0)) {
    await keepFirstGenesis(stateFile);
    return 'intact';
  }
  if (copy.blockNumber !== undefined) {
    await copyFile(copyOf(stateFile), stateFile);
    await keepFirstGenesis(stateFile);
    return 'recovered';
  }
  if (!own.exists && !copy.exists) return 'fresh';
  throw new ChainError(
    'STATE_UNREADABLE',
    `the local chain's state ${stateFile} is damaged and there is no whole copy of it: restore a backup, or start over ` +
      'with a fresh chain by moving its directory away (gateways then anchor their logs again)',
  );
}

const stateSchema = z.looseObject({
  blocks: z.array(
    z.looseObject({ header: z.looseObject({ number: z.coerce.number(), timestamp: z.string() }) }),
  ),
});

/**
 * anvil 1.7 begins at every start with a block 0 of that moment, loads the state over it, and writes both. Which of several
 * is then block 0 is the order in which they happen to stand in the file, so the chain would begin with another block after
 * some restarts, and whoever follows it would take it for another chain. The one that block 1 follows is not younger than it.
 */
async function keepFirstGenesis(stateFile: string): Promise<void> {
  const state = JSON.parse(await readFile(stateFile, 'utf8')) as object;
  const { blocks } = stateSchema.parse(state);
  const timestampOf = (index: number) => Number(blocks[index]!.header.timestamp);
  const numbered = (number: number) => [...blocks.keys()].filter((i) => blocks[i]!.header.number === number);
  const [genesisBlocks, [second]] = [numbered(0), numbered(1)];
  if (genesisBlocks.length <= 1) return;
  const youngest = second === undefined ? Infinity : timestampOf(second);
  const [first] = genesisBlocks
    .filter((i) => timestampOf(i) <= youngest)
    .toSorted((a, b) => timestampOf(b) - timestampOf(a));
  const kept = (state as { blocks: unknown[] }).blocks.filter(
    (_, i) => i === first || !genesisBlocks.includes(i),
  );
  await writeAtomically(stateFile, JSON.stringify({ ...state, blocks: kept }), { mode: 0o600 });
}

/** Bytes of a file; 0 where there is none. */
export async function sizeOf(file: string): Promise<number> {
  return Number((await statIfThere(file))?.size ?? 0);
}

async function readState(file: string): Promise<{ exists: boolean; blockNumber: number | undefined }> {
  let state: Buffer;
  try {
    state = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { exists: false, blockNumber: undefined };
    throw error;
  }
  // Read whole, once at a start: a power cut may have left the end of a file on disk and not its middle.
  return { exists: true, blockNumber: isJson(state) ? newestBlock(state) : undefined };
}

/** The number of a whole state's newest block, without parsing what may be many megabytes once a second. */
function newestBlock(state: Buffer): number | undefined {
  if (state.subarray(-lastMember.length).toString('latin1') !== lastMember) return undefined;
  const name = '"best_block_number":';
  const at = state.indexOf(name);
  if (at === -1) return undefined;
  const match = /^"?(0x[0-9a-f]+|[0-9]+)/.exec(
    state.toString('latin1', at + name.length, at + name.length + 24),
  );
  return match === null ? undefined : Number(match[1]);
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

async function statIfThere(file: string): Promise<{ mtimeNs: bigint; size: bigint } | undefined> {
  try {
    return await stat(file, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
