import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { openLogger } from './logger.ts';

function newLogFile(): { directory: string; logFile: string } {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  return { directory: join(path, 'log'), logFile: join(path, 'log', 'gateway.log') };
}

const linesOf = (file: string): { n?: number; lostLines?: number }[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { n?: number });

test('what is logged to files is bounded over restarts, and the newest lines are what is kept', () => {
  const { directory, logFile } = newLogFile();
  const rotation = { maxBytes: 2_000, files: 3 };
  let n = 0;
  for (let start = 0; start < 5; start++) {
    const logger = openLogger({ logLevel: 'info', logFile }, rotation);
    for (let line = 0; line < 40; line++) logger.info({ n: n++ }, 'a line');
    expect(readdirSync(directory).length).toBeLessThanOrEqual(3);
  }
  const files = readdirSync(directory).toSorted();
  expect(files).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2']);
  for (const file of files) expect(statSync(join(directory, file)).size).toBeLessThanOrEqual(2_000);
  const kept = files.toReversed().flatMap((file) => linesOf(join(directory, file)).map((line) => line.n));
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 200 - kept.length + i));
});

test('a start goes on in the file that an earlier one wrote', () => {
  const { logFile } = newLogFile();
  for (const n of [1, 2]) openLogger({ logLevel: 'info', logFile }).info({ n }, 'a line');
  expect(linesOf(logFile).map(({ n }) => n)).toEqual([1, 2]);
});

test.skipIf(!existsSync('/dev/full'))('a full disk costs lines, which are counted, and nothing else', () => {
  const { directory, logFile } = newLogFile();
  mkdirSync(directory);
  symlinkSync('/dev/full', logFile);
  const logger = openLogger({ logLevel: 'info', logFile });
  for (const n of [1, 2, 3]) logger.info({ n }, 'a line');
  unlinkSync(logFile);
  logger.info({ n: 4 }, 'a line');
  expect(linesOf(logFile)).toMatchObject([{ lostLines: 3 }, { n: 4 }]);
});

test('a place where no file can be, and one that becomes free, likewise', () => {
  const { logFile } = newLogFile();
  mkdirSync(logFile, { recursive: true });
  const logger = openLogger({ logLevel: 'info', logFile });
  logger.info({ n: 1 }, 'a line');
  rmdirSync(logFile);
  logger.info({ n: 2 }, 'a line');
  expect(linesOf(logFile)).toMatchObject([{ lostLines: 1 }, { n: 2 }]);
});
