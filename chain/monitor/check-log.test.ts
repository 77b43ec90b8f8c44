import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appendLeaf,
  checkpointText,
  edgeRoot,
  leafHash,
  logIdHex,
  newEdge,
  newSecretKey,
  publicKeyOf,
  signCheckpoint,
  signEd25519,
  tileWidth,
  utf8ToBytes,
} from '@tianyuan/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChainError } from '../chain-error.ts';
import type { ChainEvent } from '../chain-event.ts';
import { applyEvent, rollBack } from './apply-chain.ts';
import { checkLog } from './check-log.ts';
import type { LogSource } from './log-source.ts';
import { type MonitorState, newState, readState, writeState } from './monitor-state.ts';
import { reportOf } from './report.ts';

const origin = 'gw-1.orchard.example';
const logId = logIdHex(origin);
const secret = newSecretKey();
const publicKey = publicKeyOf(secret);
const patience = { silenceMs: 60_000, lateAnchorMs: 30_000 };
const start = 1_790_000_000_000;

const entryOf = (i: number, salt = 0) => new Uint8Array(56).fill(i % 251).with(0, salt);
let entries: Uint8Array[];
let note: string | undefined;
let reads: number;
let state: MonitorState;
let nowMs: number;

/** What the public sees of the log; a bundle cannot be had past the end, as tlog-tiles says. */
const source: LogSource = {
  checkpoint: () =>
    note === undefined
      ? Promise.reject(new ChainError('LOG_UNREADABLE', 'nothing there'))
      : Promise.resolve(note),
  entries(_, bundle, size) {
    reads += 1;
    const end = Math.min(size, (bundle + 1) * tileWidth);
    return end > entries.length
      ? Promise.reject(new ChainError('LOG_UNREADABLE', 'past the end'))
      : Promise.resolve(entries.slice(bundle * tileWidth, end));
  },
};

function rootAt(size: number, of = entries): Uint8Array {
  const edge = newEdge();
  for (const entry of of.slice(0, size)) appendLeaf(edge, leafHash(entry));
  return edgeRoot(edge);
}

const sign = (text: Uint8Array, key = secret) => signEd25519(key, text);
const noteAt = (size: number, of = entries, key = secret) =>
  signCheckpoint({ origin, size, root: rootAt(size, of) }, publicKeyOf(key), (text) => sign(text, key));

let block = 10;
const at = () => {
  block += 1;
  return {
    transactionHash: `0x${'11'.repeat(32)}`,
    blockNumber: block,
    blockHash: `0x${'22'.repeat(32)}`,
    blockTime: 1_790_000_000 + block,
    logIndex: 0,
  };
};
const apply = (event: object) => applyEvent(state, { ...event, ...at() } as ChainEvent, nowMs);
const anchor = (size: number, of = entries, key = secret) => {
  const root = rootAt(size, of);
  const signature = sign(utf8ToBytes(checkpointText({ origin, size, root })), key);
  apply({ kind: 'Appended', logId, oldSize: 0, size, root, signature });
};
const enrol = (key = publicKey, keyNumber = 1) =>
  apply({ kind: 'KeyEnrolled', subjectKind: 'log', subject: logId, publicKey: key, keyNumber });
const serve = (size: number) => {
  for (let i = entries.length; i < size; i++) entries.push(entryOf(i));
  note = noteAt(size);
};
const look = async (afterMs = 1000) => {
  nowMs += afterMs;
  return (await checkLog(state, logId, source, patience, nowMs)).map(({ kind }) => kind);
};
const lasting = () => state.alerts.filter(({ until }) => until === undefined).map(({ kind }) => kind);

beforeEach(() => {
  [entries, note, reads, state, nowMs, block] = [[], undefined, 0, newState(), start, 10];
  apply({ kind: 'LogOpened', logId, organisation: '00', anchorer: '0x' });
  enrol();
});

test('a log that grows and is anchored raises nothing, and its anchors are recomputed from its entries', async () => {
  for (const size of [1, 7, 256, 300, 700]) {
    serve(size);
    anchor(size);
    serve(size + 3);
    expect(await look()).toEqual([]);
  }
  expect(reportOf(state, nowMs)).toMatchObject({
    verdict: 'ok',
    logs: [{ origin, servedSize: 703, anchoredSize: 700, verifiedSize: 700, anchorsVerified: 5 }],
  });
});

test('what was checked is not read again', async () => {
  serve(1000);
  anchor(1000);
  await look();
  reads = 0;
  serve(1001);
  await look();
  expect(reads).toBe(1);
});

test('another root on the chain than the entries have is equivocation, and both notes are kept', async () => {
  serve(300);
  anchor(300, entries.with(7, entryOf(7, 1)));
  expect(await look()).toEqual(['EQUIVOCATION']);
  expect(await look()).toEqual([]); // told once
  expect(state.alerts[0]!.detail).toMatchObject({
    size: 300,
    anchored: expect.stringContaining(`${origin}\n300\n`) as string,
    served: note,
  });
});

test('a log that serves another history at a size that was seen is equivocation', async () => {
  serve(300);
  await look();
  entries = entries.with(7, entryOf(7, 1));
  serve(300);
  expect(await look()).toEqual(['EQUIVOCATION']);
  expect(state.alerts[0]!.detail).toMatchObject({ served: note, before: expect.any(String) as string });
});

test('a log that rewrote what was checked and grew from there is equivocation, with a note of each history', async () => {
  serve(300);
  const before = note;
  await look();
  entries = entries.with(7, entryOf(7, 1));
  serve(310);
  expect(await look()).toEqual(['EQUIVOCATION']);
  expect(state.alerts[0]!.detail).toMatchObject({ before, served: note });
});

test('a log whose entries are not those of its checkpoint is a mismatch, of the server or of the log', async () => {
  serve(300);
  await look();
  serve(310);
  note = noteAt(310, entries.with(7, entryOf(7, 1)));
  expect(await look()).toEqual(['ROOT_MISMATCH']);
});

test('a smaller log that is served again is an old note, or another history', async () => {
  for (const size of [100, 200, 300]) {
    serve(size);
    await look();
  }
  await writeState(join(directory, 'state.json'), state);
  state = await readState(join(directory, 'state.json'));
  const old = noteAt(200);
  note = old;
  expect(await look()).toEqual([]);
  note = noteAt(200, entries.with(7, entryOf(7, 1)));
  expect(await look()).toEqual(['EQUIVOCATION']);
  expect(state.alerts[0]!.detail).toMatchObject({ size: 200, before: old, served: note });
});

test('a signature by nobody whom the registry knows, on the chain or served', async () => {
  serve(10);
  anchor(10, entries, newSecretKey());
  expect(await look()).toEqual(['SIGNATURE']);
  note = noteAt(10, entries, newSecretKey());
  expect(await look()).toEqual(['SIGNATURE']);
  note = 'no note';
  expect(await look()).toEqual(['SIGNATURE']);
});

test('silence is told after a while, and ends when the log grows again', async () => {
  serve(10);
  anchor(10);
  await look();
  await look(59_000);
  expect(lasting()).toEqual([]);
  await look(2_000);
  expect(lasting()).toEqual(['SILENCE']);
  serve(11);
  await look();
  expect(lasting()).toEqual([]);
});

test('a log that does not answer is silent, too', async () => {
  await look(61_000);
  expect(lasting()).toEqual(['SILENCE']);
});

test('an anchor that is late: a busy log is always ahead, so it is the standing still that counts', async () => {
  for (let size = 10; size < 100; size += 10) {
    serve(size);
    anchor(size - 5);
    await look(20_000);
  }
  expect(lasting()).toEqual([]);
  serve(200);
  await look(20_000);
  serve(210);
  await look(20_000);
  expect(lasting()).toEqual(['LATE_ANCHOR']);
  anchor(210);
  await look();
  expect(lasting()).toEqual([]);
});

test('what is anchored and not shown is withheld', async () => {
  serve(10);
  await look();
  serve(20);
  anchor(20);
  note = noteAt(10);
  await look();
  await look(31_000);
  expect(lasting()).toEqual(['WITHHELD']);
});

test('a log’s key used after its revocation: beyond what was anchored then, or the index that was named', async () => {
  serve(10);
  anchor(10);
  await look();
  apply({ kind: 'KeyRevoked', subjectKind: 'log', subject: logId, publicKey });
  expect(await look()).toEqual([]); // what was anchored before counts
  serve(12);
  expect(await look()).toEqual(['REVOKED_KEY']);
  expect(state.alerts[0]!.detail).toMatchObject({ countsUpTo: 10, size: 12 });
  anchor(12);
  apply({ kind: 'KeyCut', publicKey, logId, fromIndex: 4 });
  expect(await look()).toEqual([]); // the same use of the same key
  serve(13);
  expect(await look()).toEqual(['REVOKED_KEY']);
  expect(state.alerts[1]!.detail).toMatchObject({ countsUpTo: 4 });
});

test('a chain that goes back takes its word back, and what comes instead is checked', async () => {
  serve(300);
  anchor(300);
  await look();
  rollBack(state, block - 1);
  anchor(200);
  expect(await look()).toEqual([]);
  expect(reportOf(state, nowMs).logs[0]).toMatchObject({ verifiedSize: 200, anchorsVerified: 1 });
  rollBack(state, -1);
  expect(state.logs).toEqual({});
});

test('an anchor further off than a round reads is reached over several, also after the chain went back', async () => {
  const round = async () =>
    (await checkLog(state, logId, source, patience, (nowMs += 1000), 300)).map(({ kind }) => kind);
  const verified = () => state.logs[logId]!.anchorsVerified;
  serve(1000);
  anchor(900);
  anchor(1000, entries.with(950, entryOf(950, 1)));
  for (let i = 0; i < 2; i++) {
    reads = 0;
    expect(await round()).toEqual([]);
    expect(verified()).toBe(0);
    expect(reportOf(state, nowMs).logs[0]).toMatchObject({ verifiedSize: 0 });
    expect(reads).toBeLessThanOrEqual(4); // two bundles hold a round's entries: for the anchors, and for what is served
  }
  expect(await round()).toEqual([]);
  expect(verified()).toBe(1);
  expect(reportOf(state, nowMs).logs[0]).toMatchObject({ verifiedSize: 900 });
  expect(await round()).toEqual(['EQUIVOCATION']);
  rollBack(state, block - 1);
  anchor(1000, entries.with(940, entryOf(940, 1)));
  for (let i = 0; i < 3; i++) expect(await round()).toEqual([]);
  expect(reportOf(state, nowMs).logs[0]).toMatchObject({ verifiedSize: 900 });
  expect(await round()).toEqual(['EQUIVOCATION']);
});

test('a closing that the chain takes back is taken back here, and the log owes its growth again', async () => {
  serve(10);
  await look();
  apply({ kind: 'LogClosed', logId });
  await look(61_000);
  expect(lasting()).toEqual([]);
  rollBack(state, block);
  expect(state.logs[logId]!.closed).toBe(true);
  rollBack(state, block - 1);
  await look();
  expect(lasting()).toContain('SILENCE');
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tianyuan-monitor-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a restart goes on where it was', async () => {
  const file = join(directory, 'deep', 'state.json');
  serve(600);
  anchor(600);
  await look();
  await writeState(file, state);
  const before = structuredClone(state);
  state = await readState(file);
  expect(state).toEqual(before);
  reads = 0;
  serve(601);
  expect(await look()).toEqual([]);
  expect(reads).toBe(1);
  await expect(readState(join(directory, 'none.json'))).resolves.toEqual(newState());
});
