import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataDictionary, quantityNames } from '../data-dictionary.ts';
import { publicKeyOf, signEd25519, verifyEd25519 } from '../ed25519.ts';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { Tagged, decodeCbor, encodeCbor } from '../encoding/cbor.ts';
import { coseSigningInput, signCoseMessage } from './cose.ts';
import { type UnsignedReadings, maxMessageBytes, parseMessage } from './message.ts';

// RFC 8032 section 7.1, test 1
const secretKey = hexToBytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const publicKey = publicKeyOf(secretKey);
const sign = (input: Uint8Array) => signEd25519(secretKey, input);
const refusal = expect.objectContaining({ name: 'ProtocolError', code: 'MESSAGE' });

const message: UnsignedReadings = {
  v: 1,
  device: 'truck-03',
  key: 1,
  boot: 3,
  seq: 42,
  time: 1_789_183_200_000,
  batch: 'apple-2026-09',
  readings: [{ type: 'temperature', value: 4250 }],
};

/** Whether a payload is a message that the key signed; throws what parseMessage throws, and nothing else. */
function isAccepted(payload: Uint8Array): boolean {
  try {
    const { signedBytes, signature } = parseMessage(payload);
    return verifyEd25519(publicKey, signedBytes, signature);
  } catch (error) {
    expect(error).toEqual(refusal);
    return false;
  }
}

describe('the COSE profile', () => {
  const payload = signCoseMessage(message, sign);

  test('is COSE_Sign1 over a deterministic map, byte for byte', () => {
    const header = 'a2 01 27 04 4a' + bytesToHex(utf8ToBytes('truck-03/1'));
    const content =
      'a6 01 01 03 03 04 182a 05 1b000001a093a10b00' +
      ` 06 6d${bytesToHex(utf8ToBytes('apple-2026-09'))} 07 81 82 01 19109a`;
    const bytes = (hex: string) => hex.replaceAll(' ', '');
    const toBeSigned =
      `84 6a${bytesToHex(utf8ToBytes('Signature1'))} 4f ${header}` +
      ` 53${bytesToHex(utf8ToBytes('tianyuan/message/v1'))} 5828 ${content}`;
    expect(bytesToHex(coseSigningInput(message))).toBe(bytes(toBeSigned));
    const signature = bytesToHex(sign(hexToBytes(bytes(toBeSigned))));
    expect(bytesToHex(payload)).toBe(bytes(`d2 84 4f ${header} a0 5828 ${content} 5840 ${signature}`));
    expect(payload).toHaveLength(127);
  });

  test('has one form for what it says: any changed byte is refused by its form or by its signature', () => {
    const long = signCoseMessage(
      {
        ...message,
        readings: [
          { type: 'gps', value: [1, -2], sensor: 'a' },
          { type: 'gps', value: [0, 0], dt: 9 },
        ],
      },
      sign,
    );
    for (const good of [payload, long]) {
      expect(isAccepted(good)).toBe(true);
      for (let at = 0; at < good.length; at++) {
        for (const mask of [0x01, 0x20, 0x80]) {
          if (isAccepted(good.with(at, good[at]! ^ mask))) throw new Error(`byte ${at} does not matter`);
        }
      }
    }
  });

  test('nor can a byte be inserted or left out', () => {
    fc.assert(
      fc.property(fc.nat({ max: payload.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const [before, after] = [payload.slice(0, at), payload.slice(at)];
        expect(isAccepted(concatBytes(before, Uint8Array.of(byte), after))).toBe(false);
        expect(isAccepted(concatBytes(before, after.slice(1)))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test.each(quantityNames)('%s travels as its number', (type) => {
    const value: number | [number, number] = type === 'gps' ? [1, 2] : 1;
    const content = decodeCbor(
      (decodeCbor(signCoseMessage({ ...message, readings: [{ type, value }] }, sign), 18) as Tagged)
        .value[2] as Uint8Array,
    ) as Map<number, unknown[][]>;
    expect(content.get(7)).toEqual([[dataDictionary[type].number, value]]);
  });

  test('cannot be signed with commitments, which it has no member for', () => {
    expect(() => signCoseMessage({ ...message, commitments: ['a'.repeat(64)] }, sign)).toThrow(refusal);
  });

  test('has the bound of the JSON profile', () => {
    expect(() => parseMessage(new Uint8Array(maxMessageBytes + 1).fill(0xd2))).toThrow(/at most 16384 bytes/);
  });
});

// Each of these is properly signed, so that its form alone can be the reason.
describe('parseMessage refuses', () => {
  const header = new Map<unknown, unknown>([
    [1, -8],
    [4, utf8ToBytes('truck-03/1')],
  ]);
  const content = new Map<unknown, unknown>([
    [1, 1],
    [3, 3],
    [4, 42],
    [5, 1_789_183_200_000],
    [7, [[1, 4250]]],
  ]);
  type Form = { header?: Uint8Array; content?: Uint8Array; unprotected?: unknown; aad?: string };
  const signed = (form: Form = {}): Uint8Array => {
    const { header: h = encodeCbor(header), content: c = encodeCbor(content) } = form;
    const { unprotected = new Map(), aad = 'tianyuan/message/v1' } = form;
    const signature = sign(encodeCbor(['Signature1', h, utf8ToBytes(aad), c]));
    return encodeCbor(new Tagged(18, [h, unprotected, c, signature]));
  };
  const changed = (map: Map<unknown, unknown>, ...entries: [unknown, unknown][]) =>
    encodeCbor(new Map([...map, ...entries]));
  const less = (key: number) => encodeCbor(new Map([...content].filter(([name]) => name !== key)));
  const kid = (text: string) => ({ header: changed(header, [4, utf8ToBytes(text)]) });
  const readings = (...list: unknown[]) => ({ content: changed(content, [7, list]) });
  const rewritten = (map: Map<unknown, unknown>, from: string, to: string) => {
    const hex = bytesToHex(encodeCbor(map));
    expect(hex).toContain(from);
    return hexToBytes(hex.replace(from, to));
  };

  test('nothing that is well-formed', () => {
    expect(isAccepted(signed())).toBe(true);
  });

  const forms: [what: string, form: Form][] = [
    ['another algorithm', { header: changed(header, [1, -7]) }],
    ['no algorithm', { header: encodeCbor(new Map([[4, utf8ToBytes('truck-03/1')]])) }],
    ['a content type beside it', { header: changed(header, [3, 0]) }],
    ['an empty protected header', { header: new Uint8Array(0) }],
    ['a protected header that is no map', { header: encodeCbor([1, -8]) }],
    ['header members in another order', { header: rewritten(header, 'a20127044a', 'a2044a') }],
    ['a kid that is text', { header: changed(header, [4, 'truck-03/1']) }],
    ['a kid in the unprotected header', { unprotected: new Map([[4, utf8ToBytes('truck-03/1')]]) }],
    ['an unprotected header that is no map', { unprotected: [] }],
    ...[
      'truck-03',
      'truck-03/',
      'truck-03/0',
      'truck-03/01',
      'truck-03/1/1',
      '/1',
      'truck-03/-1',
      'truck-03/1e0',
      'truck-03/ 1',
      'TRUCK/1',
      '../1',
      '\ufefftruck-03/1',
      'truck-03/9007199254740993',
    ].map((text): [string, Form] => [`the kid ${JSON.stringify(text)}`, kid(text)]),
    ['a kid that is no UTF-8', { header: changed(header, [4, Uint8Array.of(0xff, 0x2f, 0x31)]) }],
    ['a payload that is no map', { content: encodeCbor([1]) }],
    ['an empty payload', { content: new Uint8Array(0) }],
    ['an integer in more bytes than it needs', { content: rewritten(content, '0303', '031803') }],
    ['a float', { content: rewritten(content, '0303', '03f94200') }],
    ['members in another order', { content: rewritten(content, '01010303', '03030101') }],
    ['a member twice', { content: rewritten(content, 'a5010103', 'a60101010103') }],
    ['an array without its length', { content: rewritten(content, '078182', '079f82') }],
    ['something after the end', { content: concatBytes(encodeCbor(content), Uint8Array.of(0)) }],
    ['a number for a device', { content: changed(content, [2, 1]) }],
    ['an unknown member', { content: changed(content, [8, []]) }],
    ['a member named by text', { content: changed(content, ['v', 1]) }],
    ...[1, 3, 4, 5, 7].map((key): [string, Form] => [`no member ${key}`, { content: less(key) }]),
    ['another version', { content: changed(content, [1, 2]) }],
    ['boot 0', { content: changed(content, [3, 0]) }],
    ['a negative time', { content: changed(content, [5, -1]) }],
    ['a time beyond 2^53', { content: rewritten(content, '051b000001a093a10b00', '051b0020000000000000') }],
    ['a batch of bytes', { content: changed(content, [6, Uint8Array.of(1)]) }],
    ['an empty batch', { content: changed(content, [6, '']) }],
    ['null for an absent batch', { content: changed(content, [6, null]) }],
    ['no readings', readings()],
    ['65 readings', readings(...Array.from({ length: 65 }, () => [1, 1]))],
    ['readings that are a map', { content: changed(content, [7, new Map()]) }],
    ['a reading that is no array', readings(1)],
    ['a reading without a value', readings([1])],
    ['a reading of five', readings([1, 2, 3, 'a', 5])],
    ['a reading that ends with null', readings([1, 2, null])],
    ['a reading that ends with two', readings([1, 2, null, null])],
    ['null for a value', readings([1, null])],
    ['a type in words', readings(['temperature', 1])],
    ['a type that nobody knows', readings([99, 1])],
    ['a type 0', readings([0, 1])],
    ['a value with a fraction', readings([1, 1.5])],
    ['a value in words', readings([1, '1'])],
    ['a pair for a scalar', readings([1, [1, 2]])],
    ['a scalar for a position', readings([5, 1])],
    ['a position beside another reading', readings([5, [1, 2]], [1, 2])],
    ['a negative dt', readings([1, 2, -1])],
    ['a sensor that is a number', readings([1, 2, 0, 7])],
    ['a sensor in upper case', readings([1, 2, 0, 'A'])],
  ];
  test.each(forms)('%s', (_, form) => {
    expect(() => parseMessage(signed(form))).toThrow(refusal);
  });

  test('a signature for another purpose, as one that does not fit', () => {
    for (const aad of ['', 'tianyuan/message/v2', 'tianyuan/message/v1\n']) {
      expect(isAccepted(signed({ aad }))).toBe(false);
    }
  });

  const good = bytesToHex(signed());
  test.each([
    ['no tag', good.replace(/^d2/, '')],
    ['the tag in two bytes', good.replace(/^d2/, 'd812')],
    ['another tag', good.replace(/^d2/, 'd1')],
    ['the tag of CBOR in front', `d9d9f7${good}`],
    ['three parts', good.replace(/^d284/, 'd283')],
    ['an array without its length', `${good.replace(/^d284/, 'd29f')}ff`],
    ['a payload that is elsewhere', good.replace(/a0(5\d..|4.).*?5840/, 'a0f65840')],
    ['a header that is no byte string', good.replace(/^d2844f/, 'd2846f')],
    ['a short signature', good.replace('5840', '583f').slice(0, -2)],
    ['a long signature', `${good.replace('5840', '5841')}00`],
    ['a byte after the end', `${good}00`],
    ['half of it', good.slice(0, 100)],
    ['the tag alone', 'd2'],
    ['the tag without end', 'd2'.repeat(8000)],
    ['arrays without end', `d2${'81'.repeat(8000)}`],
  ])('%s', (_, hex) => {
    expect(hex).not.toBe(good);
    expect(() => parseMessage(hexToBytes(hex))).toThrow(refusal);
  });
});

// https://github.com/cose-wg/Examples, eddsa-examples/eddsa-sig-01.json and sign1-tests/sign-pass-02.json.
describe('the examples of the COSE working group', () => {
  const content = utf8ToBytes('This is the content.');

  test('Ed25519: its parts, its Sig_structure and its signature, though it is no message of ours', () => {
    const published = hexToBytes(
      'D28445A201270300A10442313154546869732069732074686520636F6E74656E742E58407142FD2FF96D56DB85BEE905A76BA1D0B7321A95C8C4D3607C5781932B7AFB8711497DFA751BF40B58B3BCC32300B1487F3DB34085EEF013BF08F4A44D6FEF0D',
    );
    const { value } = decodeCbor(published, 18) as Tagged;
    const [header, unprotected, payload, signature] = value as [
      Uint8Array,
      Map<number, Uint8Array>,
      Uint8Array,
      Uint8Array,
    ];
    expect(decodeCbor(header)).toEqual(
      new Map([
        [1, -8],
        [3, 0],
      ]),
    );
    expect(unprotected).toEqual(new Map([[4, utf8ToBytes('11')]]));
    expect(payload).toEqual(content);
    const toBeSigned = encodeCbor(['Signature1', header, new Uint8Array(0), payload]);
    expect(bytesToHex(sign(toBeSigned))).toBe(bytesToHex(signature));
    expect(verifyEd25519(publicKey, toBeSigned, signature)).toBe(true);
    expect(bytesToHex(encodeCbor(new Tagged(18, value)))).toBe(bytesToHex(published));
    expect(() => parseMessage(published)).toThrow('the unprotected header is not empty');
  });

  test('external_aad stands between the protected header and the payload', () => {
    const aad = hexToBytes('11aa22bb33cc44dd55006699');
    expect(bytesToHex(encodeCbor(['Signature1', hexToBytes('a10126'), aad, content])).toUpperCase()).toBe(
      '846A5369676E61747572653143A101264C11AA22BB33CC44DD5500669954546869732069732074686520636F6E74656E742E',
    );
  });
});
