import { describe, expect, test } from 'vitest';
import { publicKeyOf, signEd25519 } from '../ed25519.ts';
import { concatBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { sha256 } from '../sha256.ts';
import { checkpointText, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosign, verifyCosignature } from './cosignature.ts';
import { type NoteSignature, formatNote, signatureTypes } from './signed-note.ts';

const logSecret = new Uint8Array(32).fill(1);
const witnessSecret = new Uint8Array(32).fill(2);
const head = { origin: 'log.example', size: 7, root: sha256(utf8ToBytes('root')) };
const text = checkpointText(head);
const note = signCheckpoint(head, publicKeyOf(logSecret), (bytes) => signEd25519(logSecret, bytes));
const witness = { name: 'witness.example/w1', publicKey: publicKeyOf(witnessSecret) };
const sign = (bytes: Uint8Array) => signEd25519(witnessSecret, bytes);
const time = 1_679_315_147;

const checkpointWith = (...lines: NoteSignature[]) =>
  parseCheckpoint(formatNote({ text, signatures: [...parseCheckpoint(note).signatures, ...lines] }));

describe('a cosignature', () => {
  const line = cosign(text, time, witness, sign);

  test('is what tlog-cosignature says, byte for byte', () => {
    const idInput = concatBytes(utf8ToBytes('witness.example/w1\n'), Uint8Array.of(4), witness.publicKey);
    expect(line.keyId).toEqual(sha256(idInput).slice(0, 4));
    expect(line.bytes.slice(0, 8)).toEqual(Uint8Array.of(0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb));
    expect(line.bytes.slice(8)).toEqual(sign(utf8ToBytes(`cosignature/v1\ntime 1679315147\n${text}`)));
    expect(line.bytes).toHaveLength(72);
  });

  test('is valid on its checkpoint, and absent where it is not', () => {
    expect(verifyCosignature(checkpointWith(line), witness)).toBe('valid');
    expect(verifyCosignature(checkpointWith(), witness)).toBe('absent');
  });

  test('is invalid with any bit changed, its time included', () => {
    for (let bit = 0; bit < 72 * 8; bit += 5) {
      const bytes = line.bytes.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifyCosignature(checkpointWith({ ...line, bytes }), witness)).toBe('invalid');
    }
  });

  test('of another witness, of another key or of another type is ignored', () => {
    const other = { name: witness.name, publicKey: publicKeyOf(new Uint8Array(32).fill(3)) };
    expect(verifyCosignature(checkpointWith(cosign(text, time, other, sign)), witness)).toBe('absent');
    expect(verifyCosignature(checkpointWith({ ...line, keyName: 'witness.example/w2' }), witness)).toBe(
      'absent',
    );
    const ofLog = parseCheckpoint(note).signatures[0]!;
    const plain = { keyName: witness.name, keyId: ofLog.keyId, bytes: ofLog.bytes };
    expect(signatureTypes.cosignature).toBe(4);
    expect(verifyCosignature(checkpointWith(plain), witness)).toBe('absent');
  });

  test('of another checkpoint is invalid', () => {
    const elsewhere = cosign(checkpointText({ ...head, size: 8 }), time, witness, sign);
    expect(verifyCosignature(checkpointWith(elsewhere), witness)).toBe('invalid');
  });

  test.each([0, 64, 71, 73, 2428])('of %i bytes is invalid', (length) => {
    const bytes = new Uint8Array(Math.max(length, 1));
    bytes.set(line.bytes.subarray(0, bytes.length));
    expect(verifyCosignature(checkpointWith({ ...line, bytes }), witness)).toBe('invalid');
  });

  test('may not be of after 2^63 - 1', () => {
    const late = 2n ** 63n;
    const timestamp = new Uint8Array(8);
    new DataView(timestamp.buffer).setBigUint64(0, late);
    const signed = sign(utf8ToBytes(`cosignature/v1\ntime ${late}\n${text}`));
    expect(
      verifyCosignature(checkpointWith({ ...line, bytes: concatBytes(timestamp, signed) }), witness),
    ).toBe('invalid');
  });

  test('a plain signature of the text by the witness key is no cosignature', () => {
    const bytes = concatBytes(line.bytes.slice(0, 8), sign(utf8ToBytes(text)));
    expect(verifyCosignature(checkpointWith({ ...line, bytes }), witness)).toBe('invalid');
  });
});
