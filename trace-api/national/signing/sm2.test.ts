import { generateKeyPairSync, hash } from 'node:crypto';
import { bytesToHex, hexToBytes } from '@tianyuan/protocol';
import fc from 'fast-check';
import * as other from 'sm-crypto';
import { sm2 } from 'sm-crypto-v2';
import { describe, expect, it } from 'vitest';
import { decodeDer, encodeDer } from './der.ts';
import { digestOf, signText, verifyText } from './signature.ts';
import { type Sm2Form, signSm2, verifySm2 } from './sm2.ts';

/**
 * GB/T 32918.5-2017 annex A, the same figures as GM/T 0003.5-2012: signature on the recommended curve. A standard's example
 * data, which are in the public domain as facts.
 */
const vector = {
  privateKey: '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8',
  publicKey:
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  message: new TextEncoder().encode('message digest'),
  userId: '1234567812345678',
  z: 'b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3',
  e: 'f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640',
  k: '59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21',
  x1: '04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73',
  r: 'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3',
  s: 'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
};
const rs: Sm2Form = { userId: vector.userId, encoding: 'rs' };
const der: Sm2Form = { userId: vector.userId, encoding: 'der' };
const published = hexToBytes(vector.r + vector.s);

describe('GB/T 32918.5 annex A', () => {
  it('has the public key, Z, e and the signature that the standard gives for its k', () => {
    expect(sm2.getPublicKeyFromPrivateKey(vector.privateKey)).toBe(vector.publicKey);
    const z = sm2.getZ(vector.publicKey, vector.userId);
    expect(bytesToHex(z)).toBe(vector.z);
    expect(hash('sm3', Buffer.concat([z, vector.message]), 'hex')).toBe(vector.e);
    const pointPool = [{ k: BigInt(`0x${vector.k}`), x1: BigInt(`0x${vector.x1}`) }];
    const { userId, publicKey } = vector;
    const options = { hash: true, userId, publicKey, pointPool };
    expect(sm2.doSignature(vector.message, vector.privateKey, options)).toBe(vector.r + vector.s);
  });

  it('verifies the published signature in both encodings, and under no other id, message or key', () => {
    const { publicKey, message } = vector;
    expect(verifySm2(publicKey, message, published, rs)).toBe(true);
    expect(verifySm2(publicKey, message, encodeDer(published), der)).toBe(true);
    expect(verifySm2(publicKey, message, published, { ...rs, userId: 'ALICE123@YAHOO.COM' })).toBe(false);
    expect(verifySm2(publicKey, new Uint8Array([...message, 0]), published, rs)).toBe(false);
    expect(verifySm2(sm2.generateKeyPairHex().publicKey, message, published, rs)).toBe(false);
    expect(verifySm2(publicKey, message, published, der)).toBe(false);
    expect(verifySm2(publicKey, message, encodeDer(published), rs)).toBe(false);
  });
});

describe('SM3, GB/T 32905-2016 annex A', () => {
  it.each([
    ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
  ])('of %s', (text, digest) => {
    expect(digestOf('SM2-SM3', Buffer.from(text))).toBe(digest);
  });
});

describe('SM2 as it is sent', () => {
  const key = sm2.generateKeyPairHex();

  it('agrees with another implementation in both directions', () => {
    const message = Buffer.from('溯源中国');
    const ours = Buffer.from(signSm2(key.privateKey, message, rs)).toString('hex');
    const options = { hash: true, userId: rs.userId };
    expect(other.sm2.doVerifySignature([...message], ours, key.publicKey, options)).toBe(true);
    const theirs = other.sm2.doSignature([...message], key.privateKey, {
      ...options,
      publicKey: key.publicKey,
    });
    expect(verifySm2(key.publicKey, message, hexToBytes(theirs), rs)).toBe(true);
    expect(other.sm3('abc')).toBe(hash('sm3', 'abc', 'hex'));
  });

  it('is refused where it is no signature: wrong length, zero, above the order, off the curve', () => {
    const { publicKey, message } = vector;
    const forms = [
      new Uint8Array(0),
      new Uint8Array(64),
      new Uint8Array(64).fill(255),
      published.subarray(1),
    ];
    for (const form of forms) expect(verifySm2(publicKey, message, form, rs)).toBe(false);
    expect(verifySm2(publicKey, message, new Uint8Array([...published, 0]), rs)).toBe(false);
    expect(verifySm2(`04${'11'.repeat(64)}`, message, published, rs)).toBe(false);
    const trailing = new Uint8Array([...encodeDer(published), 0]);
    expect(verifySm2(publicKey, message, trailing, der)).toBe(false);
  });

  it('breaks with any bit of it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 511 }), (bit) => {
        const flipped = Uint8Array.from(published);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        return !verifySm2(vector.publicKey, vector.message, flipped, rs);
      }),
      { numRuns: 20 },
    );
  });
});

describe('DER of a signature', () => {
  const scalar = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc
      .integer({ min: 1, max: 31 })
      .chain((zeros) =>
        fc
          .uint8Array({ minLength: 32 - zeros, maxLength: 32 - zeros })
          .map((rest) => Uint8Array.from([...new Uint8Array(zeros), ...rest])),
      ),
  );

  it('comes back as it went', () => {
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        const joined = Uint8Array.from([...r, ...s]);
        expect(decodeDer(encodeDer(joined))).toEqual(joined);
      }),
    );
  });

  it('has one form: whatever decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(scalar, scalar, fc.nat({ max: 71 }), fc.nat({ max: 255 }), (r, s, at, byte) => {
        const changed = encodeDer(Uint8Array.from([...r, ...s]));
        changed[at % changed.length] = byte;
        const joined = decodeDer(changed);
        if (joined !== undefined) expect(encodeDer(joined)).toEqual(changed);
      }),
    );
  });
});

describe('RSA-SHA256', () => {
  it('is verified by its key and by no other, and a text that is no base64 is no signature', () => {
    const newPair = () =>
      generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
    const [one, two] = [newPair(), newPair()];
    const algorithm = 'RSA-SHA256' as const;
    const signature = signText({ algorithm, keyId: 'k', privateKey: one.privateKey }, rs, 'text');
    const trusted = (publicKey: string) => ({ algorithm, keyId: 'k', publicKey });
    expect(verifyText(trusted(one.publicKey), rs, 'text', signature)).toBe(true);
    expect(verifyText(trusted(one.publicKey), rs, 'texts', signature)).toBe(false);
    expect(verifyText(trusted(two.publicKey), rs, 'text', signature)).toBe(false);
    expect(verifyText(trusted(one.publicKey), rs, 'text', '*')).toBe(false);
  });
});
