import {
  type Body,
  type UnsignedMessage,
  canonicalize,
  encodeBase64url,
  loginInput,
  signingInput,
} from '@tianyuan/protocol';
import type { KeptKey, KeyStore } from './key-store.ts';

const algorithm = 'Ed25519';

/** Whether this page may hold keys: browsers lend them to pages that came over TLS or from this very machine. */
export function canHoldKeys(): boolean {
  return isSecureContext && 'indexedDB' in window;
}

/** A new key that cannot leave this browser, kept before anybody hears of it. */
export async function makeKey(store: KeyStore, person: string): Promise<KeptKey> {
  const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const boot = Math.floor(Date.now() / 1000);
  const made = { person, key: 1, publicKey, privateKey: pair.privateKey, boot, seq: 0 };
  await store.keep(made);
  return made;
}

/** What a session is opened with. */
export async function signLogin(
  { person, key, privateKey }: KeptKey,
  asked: { challenge: string; site: string },
): Promise<object> {
  const login = { ...asked, key, person };
  return { ...login, signature: encodeBase64url(await sign(privateKey, loginInput(login))) };
}

/** A message of the person with this body, under the next number; RFC 8785's form, as it is sent. */
export async function signBody(
  store: KeyStore,
  person: string,
  body: Body,
  batch: string | undefined,
): Promise<{ id: string; payload: string }> {
  const { key, boot, seq, privateKey } = await store.takeNumber(person);
  const unsigned: UnsignedMessage = {
    v: 1,
    device: person,
    key,
    boot,
    seq,
    time: Date.now(),
    ...(batch !== undefined && { batch }),
    ...body,
  };
  const sig = encodeBase64url(await sign(privateKey, signingInput(unsigned)));
  return { id: `${person}/${key}/${boot}/${seq}`, payload: canonicalize({ ...unsigned, sig }) };
}

async function sign(privateKey: CryptoKey, input: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, new Uint8Array(input)));
}
