import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newSecretKey, publicKeyOf, signEd25519 } from '../ed25519.ts';
import { encodeBase64, encodeBase64url } from '../encoding/base64.ts';
import { hexToBytes, utf8ToBytes } from '../encoding/bytes.ts';
import { openClaim, signClaim } from './claim.ts';
import { formatProvisioning, parseProvisioning } from './provisioning.ts';

const secretKey = hexToBytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const token = encodeBase64url(new Uint8Array(32).fill(7));
const sign = (input: Uint8Array) => signEd25519(secretKey, input);
const unsigned = { device: 'truck-03', claim: token, publicKey: encodeBase64(publicKeyOf(secretKey)) };
const changed = (change: (text: string) => string) =>
  utf8ToBytes(change(new TextDecoder().decode(signClaim(unsigned, sign))));

describe('a claim', () => {
  test('is one line of canonical JSON, and proves possession of its key', () => {
    const payload = signClaim(unsigned, sign);
    expect(new TextDecoder().decode(payload)).toMatch(
      /^\{"claim":"[\w-]{43}","device":"truck-03","publicKey":"11qYAYKxCrfVS\/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","sig":"[\w-]{86}","v":1\}$/,
    );
    expect(openClaim(payload)).toMatchObject({ claim: unsigned, publicKey: publicKeyOf(secretKey) });
  });

  test('with a certificate request has that under its signature too', () => {
    const payload = signClaim({ ...unsigned, csr: 'MAA=' }, sign);
    expect(openClaim(payload)).toMatchObject({ csr: Uint8Array.of(0x30, 0) });
    const without = utf8ToBytes(new TextDecoder().decode(payload).replace('"csr":"MAA=",', ''));
    expect(openClaim(without)).toMatchObject({ refusal: 'BAD_SIGNATURE' });
  });

  test.each([
    ['another device', (text: string) => text.replace('truck-03', 'truck-04')],
    ['another token', (text: string) => text.replace('BwcHBwcHBw', 'AAcHBwcHBw')],
    [
      'another key',
      (text: string) => text.replace(unsigned.publicKey, encodeBase64(publicKeyOf(newSecretKey()))),
    ],
  ])('that was changed to %s is not signed', (_, change) => {
    expect(openClaim(changed(change))).toMatchObject({ refusal: 'BAD_SIGNATURE' });
  });

  test('with a key of small order is refused before its signature is looked at', () => {
    const payload = signClaim({ ...unsigned, publicKey: encodeBase64(new Uint8Array(32)) }, sign);
    expect(openClaim(payload)).toMatchObject({ refusal: 'UNACCEPTABLE_KEY' });
  });

  test.each([
    ['spaces', (text: string) => text.replace(',', ', ')],
    ['another member', (text: string) => text.replace('"v":1', '"v":1,"w":2')],
    ['another version', (text: string) => text.replace('"v":1', '"v":2')],
    ['a device that is no topic segment', (text: string) => text.replace('truck-03', 'a/b')],
    ['4 KiB and one byte', (text: string) => text.padEnd(4097)],
    ['no JSON', () => '{'],
  ])('with %s is malformed', (_, change) => {
    expect(openClaim(changed(change))).toMatchObject({ refusal: 'MALFORMED' });
  });

  test('of any bytes is answered, never thrown at', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(utf8ToBytes)),
        (bytes) => 'refusal' in openClaim(bytes),
      ),
    );
  });
});

describe('a provisioning string', () => {
  const provisioning = {
    gateway: 'gw-7',
    device: 'truck-03',
    claim: token,
    expires: 1_800_000_000,
    mqtts: 'mqtts://192.168.1.5:8883',
    ca: token,
  };

  test('is one line that says all that the device needs', () => {
    const line = formatProvisioning(provisioning);
    expect(line).toBe(
      `tianyuan:claim/v1?gateway=gw-7&device=truck-03&claim=${token}&expires=1800000000&mqtts=mqtts%3A%2F%2F192.168.1.5%3A8883&ca=${token}`,
    );
    expect(parseProvisioning(`${line}\n`)).toEqual(provisioning);
  });

  test.each([
    ['https://example.org/', 'it begins with'],
    ['tianyuan:claim/v1?gateway=gw-7', 'device'],
    [`${formatProvisioning(provisioning)}&more=1`, 'more'],
    [formatProvisioning({ ...provisioning, device: 'A' }), 'device'],
    ['tianyuan:claim/v1?gateway=%zz', 'decoded'],
  ])('%s is none', (line, why) => {
    expect(() => parseProvisioning(line)).toThrow(why);
  });
});
