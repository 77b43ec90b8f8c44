import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appendLeaf,
  consistencyRanges,
  edgeRoot,
  encodeBase64,
  formatAddCheckpoint,
  leafHash,
  newEdge,
  newSecretKey,
  parseCheckpoint,
  publicKeyOf,
  signCheckpoint,
  signEd25519,
  verifyCosignature,
} from '@tianyuan/protocol';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SqliteStore, openSqliteStore } from './sqlite-store.ts';
import { type Misbehaviour, witnessRoutes } from './witness-routes.ts';

const origin = 'gw-7.farm-3.example';
const logSecret = newSecretKey();
const witnessSecret = newSecretKey();
const witness = { name: 'witness.example/w1', publicKey: publicKeyOf(witnessSecret) };
const now = () => 1_790_000_000_999;

const leaves = Array.from({ length: 30 }, (_, i) => leafHash(Uint8Array.of(i)));
const forked = leaves.with(2, leafHash(Uint8Array.of(99)));

function rootOf(some: Uint8Array[]): Uint8Array {
  const edge = newEdge();
  for (const leaf of some) appendLeaf(edge, leaf);
  return edgeRoot(edge);
}

function body(oldSize: number, size: number, of = leaves): string {
  const ranges = oldSize === 0 ? [] : consistencyRanges(oldSize, size);
  const proof = ranges.map(({ start, end }) => rootOf(of.slice(start, end)));
  const head = { origin, size, root: rootOf(of.slice(0, size)) };
  const note = signCheckpoint(head, publicKeyOf(logSecret), (text) => signEd25519(logSecret, text));
  return formatAddCheckpoint({ oldSize, proof, note });
}

let directory: string;
let store: SqliteStore;
let found: Misbehaviour[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tianyuan-witness-'));
  store = openSqliteStore(join(directory, 'state.db'), witness, true);
  found = [];
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

async function post(text: string): Promise<{ status: number; type: string | null; text: string }> {
  const routes = witnessRoutes({
    key: { ...witness, sign: (bytes) => signEd25519(witnessSecret, bytes) },
    store,
    keysOf: (of) => Promise.resolve(of === origin ? [publicKeyOf(logSecret)] : []),
    now,
    onMisbehaviour: (one) => found.push(one),
  });
  const response = await routes.request('/add-checkpoint', { method: 'POST', body: text });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
}

test('cosigns growth, with the time, in a line that verifiers accept; again for the same', async () => {
  for (const [from, to] of [
    [0, 5],
    [5, 5],
    [5, 17],
    [17, 30],
  ] as const) {
    const answer = await post(body(from, to));
    expect(answer.status, answer.text).toBe(200);
    const note = body(from, to).split('\n\n').slice(1).join('\n\n');
    const checkpoint = parseCheckpoint(note + answer.text);
    expect(verifyCosignature(checkpoint, witness)).toBe('valid');
    expect(new DataView(checkpoint.signatures[1]!.bytes.buffer).getBigUint64(checkpoint.signatures[1]!.bytes.byteOffset)).toBe(1_790_000_000n); // prettier-ignore
  }
});

test('answers as the specification says', async () => {
  await post(body(0, 5));
  expect(await post(body(0, 9))).toMatchObject({ status: 409, type: 'text/x.tlog.size', text: '5\n' });
  expect(await post(body(5, 9, forked))).toMatchObject({ status: 422 });
  expect(await post(body(5, 5, forked))).toMatchObject({ status: 409, text: '5\n' });
  expect(await post(body(5, 9).replaceAll(origin, 'other.example'))).toMatchObject({ status: 404 });
  expect(await post(body(5, 9).replace(/ (\S{4})(\S+)\n$/, ' $1AAAA$2\n'))).toMatchObject({ status: 403 });
  expect(await post('nonsense')).toMatchObject({ status: 400 });
  expect(await post('x'.repeat(300_000))).toMatchObject({ status: 413 });
  expect(await post(body(5, 9))).toMatchObject({ status: 200 });
});

test('what a log signed against what was cosigned is kept, both sides of it', async () => {
  await post(body(0, 5));
  await post(body(5, 5, forked));
  await post(body(0, 9)); // merely late
  expect(found.map(({ kind, cosigned }) => [kind, cosigned.size])).toEqual([['fork', 5]]);
  expect(found.map((one) => store.keep(one, 7))).toEqual([true]);
  expect(found.map((one) => store.keep(one, 8))).toEqual([false]); // who reports it tells nobody twice
  expect(store.kept()).toMatchObject([{ kind: 'fork', foundAtMs: 7, note: found[0]!.note }]);
});

test('anybody can send an honest checkpoint with a wrong proof: that is no misbehaviour of the log', async () => {
  await post(body(0, 5));
  const [head, ...note] = body(5, 9).split('\n\n');
  const wrong = `${head!.split('\n')[0]}\n${encodeBase64(new Uint8Array(32))}\n\n${note.join('\n\n')}`;
  expect((await post(wrong)).status).toBe(422);
  expect(found).toEqual([]);
});

test('one fork is kept once, under whatever further signatures; and a log takes no other log’s place', () => {
  const note = body(5, 5, forked).split('\n\n').slice(1).join('\n\n');
  const fork = (of: string, text: string): Misbehaviour => ({ origin: of, kind: 'fork', cosigned: { size: 5, root: rootOf(leaves.slice(0, 5)) }, note: text }); // prettier-ignore
  store.keep(fork(origin, note), 1);
  store.keep(fork(origin, `${note}— nobody.example ${encodeBase64(new Uint8Array(68))}\n`), 2);
  expect(store.kept()).toHaveLength(1);
  for (let i = 0; i < 1100; i++) {
    const root = leafHash(Uint8Array.of(i & 255, i >> 8));
    store.keep(fork('flood.example', signCheckpoint({ origin: 'flood.example', size: 5, root }, publicKeyOf(logSecret), () => new Uint8Array(64))), 3); // prettier-ignore
  }
  store.keep(fork('other.example', note.replaceAll(origin, 'other.example')), 4);
  expect(store.kept().at(-1)).toMatchObject({ origin: 'other.example' });
  expect(store.kept().length).toBeLessThan(50);
});

test('of two histories that come at once, one is cosigned', async () => {
  await post(body(0, 5));
  const answers = await Promise.all([...Array(4).fill(body(5, 9)), ...Array(4).fill(body(5, 20))].map(post));
  const cosigned = new Set(answers.flatMap(({ status }, i) => (status === 200 ? [i < 4 ? 9 : 20] : [])));
  expect(cosigned.size).toBe(1);
  expect((await store.read(origin)).size).toBe([...cosigned][0]);
});

test('what was cosigned is remembered over a restart, and a store that is gone is not begun anew', async () => {
  await post(body(0, 9));
  store.close();
  store = openSqliteStore(join(directory, 'state.db'), witness);
  expect(await post(body(0, 5))).toMatchObject({ status: 409, text: '9\n' });
  expect(() => openSqliteStore(join(directory, 'gone.db'), witness)).toThrow(/./);
});

test('a state that was begun for one key is no other key’s, and one of an earlier release takes the first', () => {
  const file = join(directory, 'state.db');
  const other = { ...witness, publicKey: publicKeyOf(newSecretKey()) };
  expect(() => openSqliteStore(file, other)).toThrow(/another key or name/);
  expect(() => openSqliteStore(file, { ...witness, name: 'w2.example' })).toThrow(/another key or name/);
  const earlier = new Database(file);
  earlier.exec('DROP TABLE owner');
  earlier.close();
  openSqliteStore(file, other).close();
  expect(() => openSqliteStore(file, witness)).toThrow(/another key or name/);
});

test('a store that another process moved on is asked again', async () => {
  await post(body(0, 5));
  const other = openSqliteStore(join(directory, 'state.db'), witness);
  const head = await store.read(origin);
  expect(await other.advance(origin, head, { size: 9, root: rootOf(leaves.slice(0, 9)) })).toBe(true);
  expect(await store.advance(origin, head, { size: 8, root: rootOf(leaves.slice(0, 8)) })).toBe(false);
  other.close();
  expect(await post(body(5, 12))).toMatchObject({ status: 409, text: '9\n' });
});
