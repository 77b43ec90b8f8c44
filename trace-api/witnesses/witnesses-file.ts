import { readFileSync } from 'node:fs';
import { encodeBase64, parseVerifierKey, signatureTypes, type TrustPolicy } from '@tianyuan/protocol';
import type { WitnessAddress } from '@tianyuan/witness';
import { z } from 'zod';
import { ConfigError } from '../config.ts';

const fileSchema = z.strictObject({
  /** how many of them the suggested policy asks for */
  quorum: z.int().min(1),
  witnesses: z
    .array(z.strictObject({ vkey: z.string(), url: z.url({ protocol: /^https?$/ }) }))
    .min(1)
    .max(16), // a note's bound of signature lines is 32
});

/** The witnesses that are asked for cosignatures, and how many of them readers are advised to want. */
export type Witnesses = { quorum: number; addresses: WitnessAddress[] };

/** @throws ConfigError */
export function readWitnesses(file: string): Witnesses {
  try {
    const { quorum, witnesses } = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (quorum > witnesses.length) throw new Error('the quorum is larger than the number of witnesses');
    const addresses = witnesses.map(({ vkey, url }) => {
      const { keyName: name, type, publicKey } = parseVerifierKey(vkey);
      if (type !== signatureTypes.cosignature) throw new Error(`the key of ${name} is not a witness's`);
      return { name, publicKey, url };
    });
    return { quorum, addresses };
  } catch (cause) {
    throw new ConfigError(`${file} lists no witnesses: ${(cause as Error).message}`, { cause });
  }
}

/** As a trust policy pins them. */
export function asPolicy({ quorum, addresses }: Witnesses): NonNullable<TrustPolicy['witnesses']> {
  return {
    quorum,
    keys: addresses.map(({ name, publicKey }) => ({ name, publicKey: encodeBase64(publicKey) })),
  };
}
