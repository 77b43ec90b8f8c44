import { existsSync, readFileSync } from 'node:fs';
import {
  type Body,
  type UnsignedMessage,
  decodeBase64,
  encodeBase64,
  newSecretKey,
  publicKeyOf,
  signEd25519,
  signMessage,
} from '@tianyuan/protocol';
import { z } from 'zod';
import { writeSecret } from '../secret-file.ts';

/** Somebody of the demonstration: an id and a key, as a person's phone would have them. */
export type Person = {
  id: string;
  publicKey: Uint8Array;
  /** The payload of the next message. Its number is used up, and on disk before the message is shown to anybody. */
  sign: (body: Body, batch?: string) => Uint8Array;
};

const fileSchema = z.record(z.string(), z.strictObject({ secretKey: z.string(), seq: z.int().min(0) }));

/** The people of the demonstration, by id; their keys are made at the first start, in one file of mode 0600. */
export function openPeople<Id extends string>(file: string, ids: readonly Id[]): Record<Id, Person> {
  const known = existsSync(file) ? fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  for (const id of ids) known[id] ??= { secretKey: encodeBase64(newSecretKey()), seq: 0 };
  const save = () => writeSecret(file, JSON.stringify(known, null, 2));
  save();
  const open = (id: Id): Person => {
    const own = known[id]!;
    const secretKey = decodeBase64(own.secretKey);
    return {
      id,
      publicKey: publicKeyOf(secretKey),
      sign(body, batch) {
        own.seq += 1;
        save();
        const envelope = { v: 1 as const, device: id, key: 1, boot: 1, seq: own.seq, time: Date.now() };
        const message = { ...envelope, ...(batch !== undefined && { batch }), ...body } as UnsignedMessage;
        return signMessage(message, (input) => signEd25519(secretKey, input));
      },
    };
  };
  return Object.fromEntries(ids.map((id) => [id, open(id)])) as Record<Id, Person>;
}
