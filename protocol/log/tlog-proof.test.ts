import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBase64 } from '../encoding/base64.ts';
import { formatTlogProof, parseTlogProof } from './tlog-proof.ts';

const hash = (byte: number) => new Uint8Array(32).fill(byte);
const checkpoint = `log.example\n109482\n${encodeBase64(hash(9))}\n\n— log.example AAAA\n`;
const text = formatTlogProof({ index: 73_894, proof: [hash(1), hash(2)], checkpoint });

describe('a tlog-proof', () => {
  test('has the lines that the document asks for', () => {
    expect(text).toBe(
      `c2sp.org/tlog-proof@v1\nindex 73894\n${encodeBase64(hash(1))}\n${encodeBase64(hash(2))}\n\n${checkpoint}`,
    );
  });

  test('of a log of one entry has no hash', () => {
    const single = formatTlogProof({ index: 0, proof: [], checkpoint });
    expect(single.startsWith('c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example\n')).toBe(true);
    expect(parseTlogProof(single)).toEqual({ index: 0, proof: [], checkpoint });
  });

  test('survives being written and read', () => {
    const proofs = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 53 });
    fc.assert(
      fc.property(fc.maxSafeNat(), proofs, (index, proof) => {
        const one = { index, proof, checkpoint };
        expect(parseTlogProof(formatTlogProof(one))).toEqual(one);
      }),
    );
  });

  test('may carry extra data, which changes nothing', () => {
    expect(parseTlogProof(text.replace('index', 'extra aGVsbG8=\nindex'))).toEqual(parseTlogProof(text));
    expect(parseTlogProof(text.replace('index', 'extra \nindex'))).toEqual(parseTlogProof(text));
  });

  test('keeps the checkpoint verbatim, empty lines and all', () => {
    const odd = 'a\n\nb\n\n\n— k AAAA';
    expect(parseTlogProof(formatTlogProof({ index: 0, proof: [], checkpoint: odd })).checkpoint).toBe(odd);
  });

  const line = encodeBase64(hash(1));
  test.each([
    ['nothing', ''],
    ['another version', text.replace('@v1', '@v2')],
    ['a space after the version', text.replace('@v1', '@v1 ')],
    ['an empty first line', `\n${text}`],
    ['no empty line', text.replaceAll('\n\n', '\n')],
    ['carriage returns', text.replaceAll('\n', '\r\n')],
    ['no index', text.replace('index 73894\n', '')],
    ['a second index', text.replace('index 73894\n', 'index 1\nindex 73894\n')],
    ['a leading zero', text.replace('73894', '073894')],
    ['a negative index', text.replace('73894', '-1')],
    ['an index of 2^53', text.replace('73894', '9007199254740992')],
    ['an exponent', text.replace('73894', '1e3')],
    ['a space after the index', text.replace('73894', '73894 ')],
    ['two spaces before it', text.replace('index ', 'index  ')],
    ['the index after a hash', text.replace(`index 73894\n${line}\n`, `${line}\nindex 73894\n`)],
    ['extra data that is no base64', text.replace('index', 'extra a\nindex')],
    ['extra data after the index', text.replace(`${line}\n`, `extra aGVsbG8=\n${line}\n`)],
    ['a hash of 31 bytes', text.replace(line, encodeBase64(new Uint8Array(31)))],
    ['a hash of 33 bytes', text.replace(line, encodeBase64(new Uint8Array(33)))],
    ['a hash without padding', text.replace(line, line.replace('=', ''))],
    ['a hash with a trailing bit', text.replace(line, line.replace(/.=$/, 'F='))],
    ['a hash with a space', text.replace(line, ` ${line}`)],
    ['more hashes than any tree has levels', text.replace(line, `${line}\n`.repeat(65).trimEnd())],
  ])('refuses %s', (_, bad) => {
    expect(bad).not.toBe(text);
    expect(() => parseTlogProof(bad)).toThrow(
      expect.objectContaining({
        name: 'ProtocolError',
        code: expect.stringMatching(/^(TLOG_PROOF|BASE64)$/),
      }),
    );
  });
});
