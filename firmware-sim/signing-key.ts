import { createPrivateKey, sign } from 'node:crypto';
import {
  encodeBase64url,
  type Profile,
  publicKeyOf,
  signCoseMessage,
  signMessage,
  type UnsignedReadings,
} from '@tianyuan/protocol';

const signIn = { json: signMessage, cose: signCoseMessage } as const;

/**
 * A device's signature over a message. OpenSSL's rather than the portable one, which takes ten times as long: a simulator
 * shares its machine with the gateway that it feeds. Ed25519 is deterministic (RFC 8032 section 5.1.6), so both give the
 * same bytes.
 *
 * @param secretKey the 32-byte seed
 * @param profile how the messages are written
 */
export function messageSigner(
  secretKey: Uint8Array,
  profile: Profile = 'json',
): (message: UnsignedReadings) => Uint8Array {
  const key = createPrivateKey({
    // RFC 8037 section 2
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      d: encodeBase64url(secretKey),
      x: encodeBase64url(publicKeyOf(secretKey)),
    },
    format: 'jwk',
  });
  return (message) => signIn[profile](message, (input) => sign(null, input, key));
}
