import { decodeBase64url, decodeUtf8, encodeBase64url, type Profile, utf8ToBytes } from '@tianyuan/protocol';
import type { Fault } from './fault.ts';

/** One flipped bit of the signature, encoded as it should be: only the mathematics can tell. */
export const badSignature: Fault = {
  name: 'bad-signature',
  expected: 'refused',
  code: 'BAD_SIGNATURE',
  misbehave: ({ message, profile, sign, random }) => {
    const bit = Math.floor(random() * 64 * 8);
    const payload = changeSignature[profile](sign(message), (signature) => {
      signature[bit >> 3]! ^= 1 << (bit & 7);
    });
    return { publications: [{ payload, fault: 'bad-signature' }], seq: message.seq };
  },
};

type Change = (payload: Uint8Array, change: (signature: Uint8Array) => void) => Uint8Array;

const changeSignature: Record<Profile, Change> = {
  json: (payload, change) => {
    const text = decodeUtf8(payload);
    const { sig } = JSON.parse(text) as { sig: string };
    const signature = decodeBase64url(sig);
    change(signature);
    return utf8ToBytes(text.replace(sig, encodeBase64url(signature)));
  },
  // A COSE_Sign1 ends with its signature.
  cose: (payload, change) => {
    const changed = payload.slice();
    change(changed.subarray(-64));
    return changed;
  },
};
