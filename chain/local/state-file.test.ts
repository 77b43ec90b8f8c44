import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSavedBlock, recoverState, saveState } from './state-file.ts';

let directory: string;
let stateFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tianyuan-state-'));
  stateFile = join(directory, 'state.json');
});
afterEach(() => rm(directory, { recursive: true }));

const stateAt = (block: number): string =>
  `{"block":{},"accounts":{"0x01":{"code":"0x${'ab'.repeat(5000)}"}},"best_block_number":${block},"blocks":[],"historical_states":null}`;

describe('saving', () => {
  test('keeps a copy of a whole state and notes how far it goes', async () => {
    expect(await readSavedBlock(stateFile)).toBeUndefined();
    await writeFile(stateFile, stateAt(7));
    const saved = await saveState(stateFile, undefined);
    expect(saved?.blockNumber).toBe(7);
    expect(await readSavedBlock(stateFile)).toBe(7);
  });

  test.each([0, 1, 500, stateAt(9).length - 1])(
    'keeps the copy where only %i bytes are written',
    async (length) => {
      await writeFile(stateFile, stateAt(7));
      const saved = await saveState(stateFile, undefined);
      await writeFile(stateFile, stateAt(9).slice(0, length));
      expect(await saveState(stateFile, saved)).toEqual(saved);
      expect(await readSavedBlock(stateFile)).toBe(7);
    },
  );

  test('reads a block number in hex, as other versions write it', async () => {
    await writeFile(stateFile, stateAt(0).replace(':0,', ':"0x1f",'));
    expect((await saveState(stateFile, undefined))?.blockNumber).toBe(31);
  });
});

describe('recovering', () => {
  test('has nothing to do before the first state', async () => {
    expect(await recoverState(stateFile)).toBe('fresh');
  });

  test('leaves a whole state alone', async () => {
    await writeFile(stateFile, stateAt(7));
    await saveState(stateFile, undefined);
    await writeFile(stateFile, stateAt(8));
    expect(await recoverState(stateFile)).toBe('intact');
    expect(await readFile(stateFile, 'utf8')).toBe(stateAt(8));
  });

  test.each([
    ['torn', stateAt(9).slice(0, 5000)],
    ['empty', ''],
    ['full of zeros, as after a power cut', '\0'.repeat(stateAt(9).length)],
    ['zero in its middle', `${stateAt(9).slice(0, 300)}${'\0'.repeat(100)}${stateAt(9).slice(400)}`],
    ['older than the copy', stateAt(3)],
  ])('takes the copy where the state is %s', async (_, state) => {
    await writeFile(stateFile, stateAt(7));
    await saveState(stateFile, undefined);
    await writeFile(stateFile, state);
    expect(await recoverState(stateFile)).toBe('recovered');
    expect(await readFile(stateFile, 'utf8')).toBe(stateAt(7));
  });

  test('takes the copy where the state is gone', async () => {
    await writeFile(stateFile, stateAt(7));
    await saveState(stateFile, undefined);
    await rm(stateFile);
    expect(await recoverState(stateFile)).toBe('recovered');
  });

  test.each([
    ['the one that block 1 follows', [2000, 1000, 1001], 1000],
    ['that one too where the clock was set back since', [1000, 500, 1001], 1000],
    ['the only one there is', [1000, 1001], 1000],
  ])('of several blocks 0 keeps %s', async (_, timestamps, kept) => {
    const block = (number: number, timestamp: number) => ({
      header: {
        number: `0x${number.toString(16)}`,
        timestamp: `0x${timestamp.toString(16)}`,
        gasUsed: '0x0',
      },
      transactions: [],
    });
    const blocks = timestamps.map((timestamp, i) => block(i === timestamps.length - 1 ? 1 : 0, timestamp));
    const state = stateAt(1).replace('"blocks":[]', `"blocks":${JSON.stringify(blocks)}`);
    await writeFile(stateFile, state);
    expect(await recoverState(stateFile)).toBe('intact');
    const left = JSON.stringify([block(0, kept), blocks.at(-1)]);
    expect(await readFile(stateFile, 'utf8')).toBe(stateAt(1).replace('"blocks":[]', `"blocks":${left}`));
  });

  test('says so where nothing is whole', async () => {
    await writeFile(stateFile, stateAt(7).slice(0, 99));
    await expect(recoverState(stateFile)).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
  });
});
