import { expect, test } from 'vitest';
import { newSecretKey, publicKeyOf, signEd25519 } from '../ed25519.ts';
import { utf8ToBytes } from '../encoding/bytes.ts';
import { emptyRoot, leafHash } from '../merkle/hash.ts';
import { consistencyRanges } from '../merkle/subtree.ts';
import { naiveRoot } from '../vectors/naive-tree.ts';
import {
  decideCheckpoint,
  formatAddCheckpoint,
  parseAddCheckpoint,
  readSubmission,
} from './add-checkpoint.ts';
import { signCheckpoint } from './checkpoint.ts';

const origin = 'example.com/behind-the-sofa';
const secret = newSecretKey();
const key = publicKeyOf(secret);
const leaves = Array.from({ length: 20 }, (_, i) => leafHash(Uint8Array.of(i)));
const rootAt = (size: number, of = leaves) => naiveRoot(of.slice(0, size));
const noteAt = (size: number, of = leaves) =>
  signCheckpoint({ origin, size, root: rootAt(size, of) }, key, (text) => signEd25519(secret, text));
const proofOf = (from: number, to: number, of = leaves) =>
  from === 0 ? [] : consistencyRanges(from, to).map(({ start, end }) => naiveRoot(of.slice(start, end)));
const submit = (oldSize: number, size: number, of = leaves, proof = proofOf(oldSize, size, of)) =>
  readSubmission(formatAddCheckpoint({ oldSize, proof, note: noteAt(size, of) }));
const headAt = (size: number) => ({ size, root: size === 0 ? new Uint8Array(0) : rootAt(size) });
const decide = (submission: ReturnType<typeof submit>, size: number, keys = [key]) =>
  decideCheckpoint(submission, keys, headAt(size));

const rewritten = leaves.with(3, leafHash(utf8ToBytes('rewritten')));

test('growth from the witness’s own size is cosigned, whatever the sizes', () => {
  for (let from = 0; from <= 20; from++) {
    for (let to = Math.max(1, from); to <= 20; to++) {
      expect(decide(submit(from, to), from), `${from} to ${to}`).toEqual({ answer: 'cosign' });
    }
  }
});

test('the answers of the specification, one by one', () => {
  expect(decide(submit(0, 7), 0, [])).toEqual({ answer: 'unknown log' });
  expect(decide(submit(0, 7), 0, [publicKeyOf(newSecretKey())])).toEqual({ answer: 'not signed' });
  expect(decide(submit(9, 7, leaves, []), 9)).toMatchObject({ answer: 'malformed' });
  expect(decide(submit(0, 7), 5)).toEqual({ answer: 'conflict', size: 5, isFork: false });
  expect(decide(submit(3, 7), 5)).toEqual({ answer: 'conflict', size: 5, isFork: false });
  expect(decide(submit(7, 7, rewritten), 7)).toEqual({ answer: 'conflict', size: 7, isFork: true });
  expect(decide(submit(5, 7, rewritten), 5)).toEqual({ answer: 'inconsistent' });
  expect(decide(submit(0, 7, leaves, [rootAt(1)]), 0)).toEqual({ answer: 'inconsistent' });
  expect(decide(submit(5, 7, leaves, []), 5)).toEqual({ answer: 'inconsistent' });
});

test('an empty log is cosigned with the root of the empty tree, and with no other', () => {
  const empty = (root: Uint8Array) => {
    const note = signCheckpoint({ origin, size: 0, root }, key, (text) => signEd25519(secret, text));
    return decide(readSubmission(formatAddCheckpoint({ oldSize: 0, proof: [], note })), 0);
  };
  expect(empty(emptyRoot())).toEqual({ answer: 'cosign' });
  expect(empty(rootAt(1))).toMatchObject({ answer: 'malformed' });
});

test('what is not of the form is refused', () => {
  const good = formatAddCheckpoint({ oldSize: 5, proof: proofOf(5, 7), note: noteAt(7) });
  expect(parseAddCheckpoint(good)).toEqual({ oldSize: 5, proof: proofOf(5, 7), note: noteAt(7) });
  for (const bad of [
    '',
    good.replace('old 5', 'old 05'),
    good.replace('old 5', 'old -5'),
    good.replace('old 5', 'old 9007199254740993'),
    good.replace('old', 'new'),
    good.replace('\n', '\nAAAA\n'),
    good.replace('\n', `\n${'A'.repeat(43)}=\n`.repeat(64)),
    good.replaceAll('\n\n', '\n'),
  ]) {
    expect(() => readSubmission(bad), JSON.stringify(bad.slice(0, 40))).toThrow(/./);
  }
});
