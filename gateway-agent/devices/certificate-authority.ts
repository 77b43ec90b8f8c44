import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { GatewayError } from '../gateway-error.ts';
import { createSecretFile, readSecretFile } from './secret-file.ts';
import * as x509 from './x509.ts';

/** Issues what devices and this gateway prove themselves with over TLS. PEM everywhere. */
export type CertificateAuthority = {
  certificate: string;
  /** SHA-256 of the DER */
  fingerprint: Buffer;
  /** a new key and a certificate for it, for a device that makes none itself */
  issueDevice: (device: string) => Promise<IssuedCertificate & { privateKey: string }>;
  /** for the key of a device's own request (PKCS #10 in DER); undefined where it is none for this device */
  issueRequested: (device: string, csr: Uint8Array) => Promise<IssuedCertificate | undefined>;
  /** for this gateway under these names and addresses */
  issueServer: (names: readonly string[]) => Promise<{ certificate: string; privateKey: string }>;
};

export type IssuedCertificate = {
  certificate: string;
  fingerprint: Buffer;
  serial: string;
  /** Unix ms */
  notAfter: number;
};

// What every TLS stack of a small device speaks; Ed25519 certificates are not there yet.
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
/**
 * Neither a gateway that boots in 1970 nor a device without a clock may refuse a certificate for its dates. What ends one is
 * its revocation, which needs no clock. The end is RFC 5280 section 4.1.2.5's for "no well-defined expiration date".
 */
const notBefore = new Date(0);
const notAfter = new Date('9999-12-31T23:59:59Z');

/** RFC 8141 has no namespace of ours to register: this one is read by nobody but us. */
const deviceUri = (device: string): string => `urn:tianyuan:device:${device}`;

const folder = (dataDir: string): string => join(dataDir, 'authority');

/**
 * The authority in the folder `authority` of the data directory: `ca.key`, mode 0600, and `ca.crt`. Made where there is none
 * and `create` says so; undefined otherwise.
 * @throws GatewayError KEY_FILE
 */
export async function openAuthority(
  dataDir: string,
  { create }: { create: boolean },
): Promise<CertificateAuthority | undefined> {
  const keyFile = join(folder(dataDir), 'ca.key');
  const certificateFile = join(folder(dataDir), 'ca.crt');
  if (readSecretFile(keyFile) === undefined) {
    if (!create) return undefined;
    mkdirSync(folder(dataDir), { recursive: true, mode: 0o700 });
    await createOnce(keyFile, newKeyPem);
  }
  const keys = await readKeys(keyFile);
  if (readSecretFile(certificateFile) === undefined) {
    await createOnce(certificateFile, async () => `${(await selfSigned(keys)).toString('pem')}\n`);
  }
  let certificate: x509.X509Certificate;
  try {
    certificate = new x509.X509Certificate(readSecretFile(certificateFile)!);
  } catch (cause) {
    throw new GatewayError('KEY_FILE', `${certificateFile} is no certificate: restore it from your backup`, {
      cause,
    });
  }
  return authorityOf(keys, certificate);
}

/** Two processes may be at it: the first one's file stays. */
async function createOnce(file: string, text: () => Promise<string>): Promise<void> {
  try {
    createSecretFile(file, await text());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function authorityOf(keys: webcrypto.CryptoKeyPair, authority: x509.X509Certificate): CertificateAuthority {
  const issue = async (
    subject: string,
    publicKey: x509.PublicKey | webcrypto.CryptoKey,
    usage: x509.ExtendedKeyUsage,
    names: x509.JsonGeneralNames,
  ): Promise<IssuedCertificate> => {
    const serial = newSerial();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: [{ CN: [subject] }],
      issuer: authority.subjectName,
      notBefore,
      notAfter,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension(names),
        await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    });
    return {
      certificate: `${certificate.toString('pem')}\n`,
      fingerprint: fingerprintOf(certificate),
      serial,
      notAfter: notAfter.getTime(),
    };
  };
  const issueTo = (
    device: string,
    publicKey: x509.PublicKey | webcrypto.CryptoKey,
  ): Promise<IssuedCertificate> =>
    issue(device, publicKey, x509.ExtendedKeyUsage.clientAuth, [{ type: 'url', value: deviceUri(device) }]);

  return {
    certificate: `${authority.toString('pem')}\n`,
    fingerprint: fingerprintOf(authority),
    async issueDevice(device) {
      const own = await newKeys();
      return { ...(await issueTo(device, own.publicKey)), privateKey: await privateKeyPem(own) };
    },
    async issueRequested(device, csr) {
      const request = await readRequest(csr, device);
      return request && issueTo(device, request.publicKey);
    },
    async issueServer(names) {
      const own = await newKeys();
      const alternatives = names.map((value) => ({
        type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
        value,
      }));
      const { certificate } = await issue(
        names[0] ?? 'gateway',
        own.publicKey,
        x509.ExtendedKeyUsage.serverAuth,
        alternatives,
      );
      return { certificate, privateKey: await privateKeyPem(own) };
    },
  };
}

/**
 * The request's key, where the request is signed by it and names this device or nobody. The device's id comes from what
 * the owner approved, never from here.
 */
async function readRequest(
  csr: Uint8Array,
  device: string,
): Promise<x509.Pkcs10CertificateRequest | undefined> {
  try {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(csr));
    const names = request.subjectName.getField('CN');
    if (names.some((name) => name !== device)) return undefined;
    return isStrong(request.publicKey) && (await request.verify()) ? request : undefined;
  } catch {
    return undefined; // what a stranger sends may be anything
  }
}

function isStrong({ algorithm }: x509.PublicKey): boolean {
  const { name, namedCurve, modulusLength } = algorithm as {
    name: string;
    namedCurve?: string;
    modulusLength?: number;
  };
  if (name === 'Ed25519') return true;
  if (name === 'ECDSA') return namedCurve === 'P-256' || namedCurve === 'P-384';
  return name.startsWith('RSA') && (modulusLength ?? 0) >= 2048;
}

function selfSigned(keys: webcrypto.CryptoKeyPair): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: ['Tianyuan gateway authority'] }],
    notBefore,
    notAfter,
    keys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
}

/** RFC 5280 section 4.1.2.2: positive, so the first bit is 0, and not zero. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function fingerprintOf(certificate: x509.X509Certificate): Buffer {
  return createHash('sha256').update(Buffer.from(certificate.rawData)).digest();
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function newKeyPem(): Promise<string> {
  return privateKeyPem(await newKeys());
}

async function privateKeyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return `${x509.PemConverter.encode(der, x509.PemConverter.PrivateKeyTag)}
`;
}

async function readKeys(file: string): Promise<webcrypto.CryptoKeyPair> {
  try {
    const [der] = x509.PemConverter.decode(readSecretFile(file)!);
    const privateKey = await webcrypto.subtle.importKey('pkcs8', der!, keyAlgorithm, true, ['sign']);
    const { d: _, key_ops: __, ...jwk } = await webcrypto.subtle.exportKey('jwk', privateKey);
    const publicKey = await webcrypto.subtle.importKey('jwk', jwk, keyAlgorithm, true, ['verify']);
    return { privateKey, publicKey };
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError(
      'KEY_FILE',
      `${file} is no P-256 private key in PEM: restore it from your backup`,
      { cause },
    );
  }
}
