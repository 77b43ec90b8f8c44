import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publicKeyOf, signEd25519 } from '../ed25519.ts';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { concatBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { sha256 } from '../sha256.ts';
import {
  assembleCheckpoint,
  checkpointText,
  logSignature,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
import { formatNote, keyId, signatureTypes } from './signed-note.ts';

const secretKey = new Uint8Array(32).fill(1);
const publicKey = publicKeyOf(secretKey);
const sign = (text: Uint8Array) => signEd25519(secretKey, text);
const head = { origin: 'gw-7.farm-3.example', size: 20_852_163, root: sha256(utf8ToBytes('root')) };
const note = signCheckpoint(head, publicKey, sign);
const withText = (text: string) => note.replace(checkpointText(head), text);

describe('a signed checkpoint', () => {
  // tlog-checkpoint: origin, decimal size, base64 root, then the note's blank line and "— name signature"
  test('has the lines that tlog-checkpoint asks for', () => {
    const lines = note.split('\n');
    expect(lines.slice(0, 4)).toEqual(['gw-7.farm-3.example', '20852163', encodeBase64(head.root), '']);
    expect(lines[4]).toMatch(/^— gw-7\.farm-3\.example [A-Za-z0-9+/]+={0,2}$/);
    expect(lines).toHaveLength(6);
    const bytes = decodeBase64(lines[4]!.split(' ')[2]!);
    const expectedId = sha256(
      concatBytes(utf8ToBytes('gw-7.farm-3.example\n'), Uint8Array.of(1), publicKey),
    ).slice(0, 4);
    expect(bytes.slice(0, 4)).toEqual(expectedId);
    expect(bytes.slice(4)).toEqual(sign(utf8ToBytes(lines.slice(0, 3).join('\n') + '\n')));
  });

  test('verifies with the key that signed it and no other', () => {
    const checkpoint = parseCheckpoint(note);
    expect(checkpoint).toMatchObject(head);
    expect(verifyCheckpoint(checkpoint, publicKey)).toBe(true);
    expect(verifyCheckpoint(checkpoint, publicKeyOf(new Uint8Array(32).fill(2)))).toBe(false);
  });

  test('is assembled again from its signature alone', () => {
    const { bytes } = logSignature(parseCheckpoint(note), publicKey)!;
    expect(assembleCheckpoint(head, publicKey, bytes)).toBe(note);
  });

  test('is not verified by a line with the right key under another name, or of another type', () => {
    const signature = sign(utf8ToBytes(checkpointText(head)));
    const lineOf = (keyName: string, type: number, name = head.origin) =>
      formatNote({
        text: checkpointText(head),
        signatures: [{ keyName, keyId: keyId(name, type, publicKey), bytes: signature }],
      });
    for (const other of [
      lineOf('other.example', signatureTypes.ed25519),
      lineOf('other.example', signatureTypes.ed25519, 'other.example'),
      lineOf(head.origin, signatureTypes.cosignature),
    ]) {
      expect(verifyCheckpoint(parseCheckpoint(other), publicKey)).toBe(false);
    }
  });

  test('is found behind lines of keys that nobody knows, and of the same name', () => {
    const { signatures } = parseCheckpoint(note);
    const stranger = { keyName: head.origin, keyId: Uint8Array.of(9, 9, 9, 9), bytes: new Uint8Array(64) };
    const checkpoint = parseCheckpoint(
      formatNote({ text: checkpointText(head), signatures: [stranger, ...signatures] }),
    );
    expect(verifyCheckpoint(checkpoint, publicKey)).toBe(true);
  });

  test('does not verify where a line of its own key comes first and does not fit', () => {
    const { signatures } = parseCheckpoint(note);
    const bad = { ...signatures[0]!, bytes: new Uint8Array(64) };
    const checkpoint = parseCheckpoint(
      formatNote({ text: checkpointText(head), signatures: [bad, ...signatures] }),
    );
    expect(verifyCheckpoint(checkpoint, publicKey)).toBe(false);
  });

  test.each([63, 65, 68, 128])('a signature of %i bytes is no signature', (length) => {
    const checkpoint = parseCheckpoint(note);
    const bytes = new Uint8Array(length);
    bytes.set(checkpoint.signatures[0]!.bytes.subarray(0, length));
    const resized = { ...checkpoint, signatures: [{ ...checkpoint.signatures[0]!, bytes }] };
    expect(verifyCheckpoint(resized, publicKey)).toBe(false);
  });
});

describe('parseCheckpoint', () => {
  test('takes any size a log can have', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32, 2 ** 53 - 1)), (size) => {
        expect(parseCheckpoint(withText(checkpointText({ ...head, size }))).size).toBe(size);
      }),
    );
  });

  test('allows extension lines, which are signed like the rest', () => {
    const text = `${checkpointText(head)}extension one\nextension two\n`;
    const id = keyId(head.origin, signatureTypes.ed25519, publicKey);
    const extended = formatNote({
      text,
      signatures: [{ keyName: head.origin, keyId: id, bytes: sign(utf8ToBytes(text)) }],
    });
    expect(verifyCheckpoint(parseCheckpoint(extended), publicKey)).toBe(true);
    expect(verifyCheckpoint(parseCheckpoint(extended.replace('one', 'two')), publicKey)).toBe(false);
    expect(verifyCheckpoint(parseCheckpoint(withText(text)), publicKey)).toBe(false);
  });

  const root = encodeBase64(head.root);
  test.each([
    ['no root', 'o\n1\n'],
    ['no origin', `\n1\n${root}\n`],
    ['an empty line among the extensions', `o\n1\n${root}\n\nx\n`],
    ['a leading zero', `o\n01\n${root}\n`],
    ['a sign', `o\n+1\n${root}\n`],
    ['a negative size', `o\n-1\n${root}\n`],
    ['a fraction', `o\n1.0\n${root}\n`],
    ['an exponent', `o\n1e3\n${root}\n`],
    ['hexadecimal', `o\n0x1\n${root}\n`],
    ['no size', `o\n\n${root}\n`],
    ['a size with a space', `o\n1 \n${root}\n`],
    ['other digits', `o\n１\n${root}\n`],
    ['2^53', `o\n9007199254740992\n${root}\n`],
    ['2^64', `o\n18446744073709551616\n${root}\n`],
    ['a short root', `o\n1\n${encodeBase64(head.root.slice(1))}\n`],
    ['a long root', `o\n1\n${encodeBase64(new Uint8Array(33))}\n`],
    ['a root without padding', `o\n1\n${root.replace('=', '')}\n`],
    ['a root in hex', `o\n1\n${'ab'.repeat(32)}\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseCheckpoint(withText(text))).toThrow(expect.objectContaining({ name: 'ProtocolError' }));
  });
});
