import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifyEd25519 } from '../ed25519.ts';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { bytesToHex, utf8ToBytes } from '../encoding/bytes.ts';
import { formatNote, keyId, parseNote, signatureTypes, verifierKey } from './signed-note.ts';

// The example of Go's golang.org/x/mod/sumdb/note, from which signed-note comes: two signers, one of them repeated by us.
const goNote =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n' +
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';
const goKeys = [
  'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
];

const id = Uint8Array.of(1, 2, 3, 4);
const line = (name: string, bytes = new Uint8Array(64)) =>
  `— ${name} ${encodeBase64(Uint8Array.of(...id, ...bytes))}\n`;
const good = `text\n\n${line('k')}`;

/** A vkey's key, as a reader of the format would take it apart: name, id in hex, type and key. */
function vkeyParts(vkey: string) {
  const [name, hexId, ...rest] = vkey.split('+');
  const material = decodeBase64(rest.join('+'));
  return { name: name!, hexId: hexId!, type: material[0]!, publicKey: material.slice(1) };
}

describe("Go's published note", () => {
  const note = parseNote(goNote);

  test.each(goKeys.map((vkey, i) => ({ vkey, i })))('$vkey verifies it', ({ vkey, i }) => {
    const { name, hexId, type, publicKey } = vkeyParts(vkey);
    const signature = note.signatures[i]!;
    expect(type).toBe(signatureTypes.ed25519);
    expect(signature.keyName).toBe(name);
    expect(bytesToHex(signature.keyId)).toBe(hexId);
    expect(keyId(name, type, publicKey)).toEqual(signature.keyId);
    expect(verifierKey(name, publicKey)).toBe(vkey);
    expect(verifyEd25519(publicKey, utf8ToBytes(note.text), signature.bytes)).toBe(true);
  });

  test('is written again byte for byte', () => {
    expect(formatNote(note)).toBe(goNote);
  });

  test('each of its bytes matters', () => {
    const keys = goKeys.map(vkeyParts);
    const bytes = utf8ToBytes(goNote);
    for (let at = 0; at < bytes.length; at++) {
      const changed = new TextDecoder().decode(bytes.with(at, bytes[at]! ^ 1));
      let both = false;
      try {
        const { text, signatures } = parseNote(changed);
        both = keys.every(({ name, type, publicKey }) => {
          const known = keyId(name, type, publicKey);
          const own = signatures.find(
            (one) => one.keyName === name && bytesToHex(one.keyId) === bytesToHex(known),
          );
          return own !== undefined && verifyEd25519(publicKey, utf8ToBytes(text), own.bytes);
        });
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^(NOTE|BASE64)$/);
      }
      if (both) throw new Error(`byte ${at} does not matter`);
    }
  }, 20_000);
});

describe('parseNote', () => {
  test('the text may hold empty lines; the last one separates', () => {
    const { text, signatures } = parseNote(`a\n\nb\n\n\nc\n\n${line('k')}${line('l')}`);
    expect(text).toBe('a\n\nb\n\n\nc\n');
    expect(signatures.map((one) => one.keyName)).toEqual(['k', 'l']);
  });

  test('at least 16 signatures are taken, and there is a bound', () => {
    expect(parseNote(`t\n\n${line('k').repeat(16)}`).signatures).toHaveLength(16);
    expect(() => parseNote(`t\n\n${line('k').repeat(1000)}`)).toThrow(/more than 32 signature lines/);
  });

  test('a post-quantum signature of 5 KB is taken', () => {
    expect(parseNote(`t\n\n${line('k', new Uint8Array(5000))}`).signatures[0]!.bytes).toHaveLength(5000);
  });

  test('names may be URLs in any script', () => {
    expect(parseNote(`t\n\n${line('田源.example/日志')}`).signatures[0]!.keyName).toBe('田源.example/日志');
  });

  test.each([
    ['nothing', ''],
    ['no signature line', 'text\n\n'],
    ['no blank line', `text\n${line('k')}`],
    ['no final newline', good.slice(0, -1)],
    ['an empty line at the end', `${good}\n`],
    ['a hyphen for the dash', good.replace('—', '-')],
    ['an en dash', good.replace('—', '–')],
    ['two spaces', good.replace('k ', 'k  ')],
    ['a space at the end', good.replace(/\n$/, ' \n')],
    ['no name', good.replace('k ', ' ')],
    ['a plus in the name', good.replace('k ', 'k+l ')],
    ['a space in the name', good.replace('k ', 'k l ')],
    ['a no-break space in the name', good.replace('k ', 'k\u00a0l ')],
    ['an ideographic space in the name', good.replace('k ', 'k\u3000l ')],
    ['a next line in the name', good.replace('k ', 'k\u0085l ')],
    ['a line separator in the name', good.replace('k ', 'k\u2028l ')],
    ['a carriage return', good.replaceAll('\n', '\r\n')],
    ['a tab in the text', good.replace('text', 'te\txt')],
    ['a NUL in the text', good.replace('text', 'te\0xt')],
    ['a control character in a signature line', good.replace('k ', 'k\u001f ')],
    ['what no UTF-8 can be: a lone surrogate in the text', good.replace('text', 'te\ud800xt')],
    ['a lone surrogate in a name', good.replace('k ', 'k\udc00 ')],
    ['base64 without padding', good.replaceAll('=', '')],
    ['base64url', `text\n\n${line('k', new Uint8Array(64).fill(255)).replaceAll('/', '_')}`],
    ['a key id and no signature', `text\n\n${line('k', new Uint8Array(0))}`],
    ['half a key id', 'text\n\n— k AAA=\n'],
    ['something after the signatures', `${good}more\n`],
  ])('refuses %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: expect.stringMatching(/^(NOTE|BASE64)$/) }),
    );
  });

  test('what formatNote writes, parseNote reads', () => {
    const lines = fc.array(fc.stringMatching(/^[a-z 田.]{0,12}$/), { minLength: 1, maxLength: 5 });
    const signatures = fc.array(
      fc.record({
        keyName: fc.stringMatching(/^[a-z./田-]{1,12}$/),
        keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(lines, signatures, (text, signed) => {
        const note = { text: `${text.join('\n')}\n`, signatures: signed };
        expect(parseNote(formatNote(note))).toEqual(note);
      }),
    );
  });
});
