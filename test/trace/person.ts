import {
  type UnsignedMessage,
  newSecretKey,
  publicKeyOf,
  signEd25519,
  signMessage,
} from '@tianyuan/protocol';

/** A person as the world sees one: a key, and messages that count on. */
export type Person = {
  id: string;
  publicKey: Uint8Array;
  sign: (input: Uint8Array) => Uint8Array;
  message: (body: Partial<UnsignedMessage>) => Uint8Array;
};

export function newPerson(id: string): Person {
  const secretKey = newSecretKey();
  const sign = (input: Uint8Array) => signEd25519(secretKey, input);
  let seq = 0;
  return {
    id,
    publicKey: publicKeyOf(secretKey),
    sign,
    message(body) {
      seq += 1;
      const envelope = { v: 1, device: id, key: 1, boot: 1, seq, time: 1_790_000_000_000 } as const;
      return signMessage({ ...envelope, ...body } as UnsignedMessage, sign);
    },
  };
}
