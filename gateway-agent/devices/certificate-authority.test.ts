import { X509Certificate, createPrivateKey, webcrypto } from 'node:crypto';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newTestDirectory } from '../test-store.ts';
import { openAuthority } from './certificate-authority.ts';
import { Pkcs10CertificateRequestGenerator } from './x509.ts';

async function newAuthority() {
  const { path, remove } = newTestDirectory();
  onTestFinished(remove);
  return { dataDir: path, authority: (await openAuthority(path, { create: true }))! };
}

async function requestOf(name: string, algorithm: object = { name: 'ECDSA', namedCurve: 'P-256' }) {
  const keys = (await webcrypto.subtle.generateKey(algorithm as { name: string }, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256', ...algorithm },
  });
  return Buffer.from(request.rawData);
}

describe('the authority', () => {
  test('is made once, and its key is the owner’s alone', async () => {
    const { dataDir, authority } = await newAuthority();
    const again = (await openAuthority(dataDir, { create: true }))!;
    expect(again.fingerprint).toEqual(authority.fingerprint);
    expect(statSync(join(dataDir, 'authority', 'ca.key')).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(authority.certificate);
    expect(certificate.ca).toBe(true);
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
      authority.fingerprint.toString('hex'),
    );
  });

  test('made by two processes at once is one', async () => {
    const { path, remove } = newTestDirectory();
    onTestFinished(remove);
    const both = await Promise.all([1, 2].map(() => openAuthority(path, { create: true })));
    expect(both[0]!.fingerprint).toEqual(both[1]!.fingerprint);
  });

  test('is not made where nobody asked for it', async () => {
    const { path, remove } = newTestDirectory();
    onTestFinished(remove);
    expect(await openAuthority(path, { create: false })).toBeUndefined();
  });

  test('whose key others can read, or that is no key, is refused with words', async () => {
    const { dataDir } = await newAuthority();
    const key = join(dataDir, 'authority', 'ca.key');
    chmodSync(key, 0o644);
    await expect(openAuthority(dataDir, { create: true })).rejects.toThrow(/chmod 600/);
    chmodSync(key, 0o600);
    writeFileSync(key, 'nothing');
    await expect(openAuthority(dataDir, { create: true })).rejects.toMatchObject({ code: 'KEY_FILE' });
  });
});

describe('a device certificate', () => {
  test('names its device twice, is for clients only, and has dates that no clock is outside of', async () => {
    const { authority } = await newAuthority();
    const issued = await authority.issueDevice('truck-03');
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(issued.privateKey))).toBe(true);
    expect([certificate.subject, certificate.subjectAltName, certificate.ca]).toEqual([
      'CN=truck-03',
      'URI:urn:tianyuan:device:truck-03',
      false,
    ]);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect([certificate.validFromDate.getTime(), certificate.validToDate.getFullYear()]).toEqual([0, 9999]);
    expect(certificate.serialNumber.toLowerCase()).toBe(issued.serial);
  });

  test('is given for a request of the device’s own', async () => {
    const { authority } = await newAuthority();
    const issued = await authority.issueRequested('truck-03', await requestOf('truck-03'));
    expect(new X509Certificate(issued!.certificate).subject).toBe('CN=truck-03');
  });

  test.each<[string, () => Promise<Uint8Array>]>([
    ['of another device', () => requestOf('truck-04')],
    ['that is none', async () => Buffer.from('3003020100', 'hex')],
    ['of nothing', async () => Buffer.alloc(0)],
    [
      'whose signature was changed',
      async () => {
        const request = await requestOf('truck-03');
        request[request.length - 1]! ^= 1;
        return request;
      },
    ],
    [
      'with a weak key',
      () =>
        requestOf('truck-03', {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          publicExponent: Uint8Array.of(1, 0, 1),
          modulusLength: 1024,
        }),
    ],
  ])('is not given for a request %s', async (_, request) => {
    const { authority } = await newAuthority();
    expect(await authority.issueRequested('truck-03', await request())).toBeUndefined();
  });
});

test('a server certificate is for names and addresses', async () => {
  const { authority } = await newAuthority();
  const { certificate } = await authority.issueServer(['gw-7.local', '192.168.1.5', '::1']);
  expect(new X509Certificate(certificate).subjectAltName).toBe(
    'DNS:gw-7.local, IP Address:192.168.1.5, IP Address:0:0:0:0:0:0:0:1',
  );
  expect(new X509Certificate(certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
});
