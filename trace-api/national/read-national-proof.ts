import type { Queries } from '@tianyuan/platform';
import { encodeBase64 } from '@tianyuan/protocol';
import { eq } from 'drizzle-orm';
import { nationalBodies, nationalResponses, nationalSignatures } from '../database/schema.ts';
import type { Algorithm } from './signing/signature.ts';

/**
 * That the national platform said it: whoever has its public key verifies the signature over the text, and that the text ends
 * in the digest of the body. No part of it is our word. Base64 but for the text.
 */
export type NationalProof = {
  algorithm: Algorithm;
  keyId: string | null;
  text: string;
  signature: string;
  body: string;
};

/** @param atIndex of the record in the platform's log; null where there is none. Null where the answer was kept unsigned or erased */
export async function readNationalProof(
  queries: Queries,
  atIndex: number | null,
): Promise<NationalProof | null> {
  if (atIndex === null) return null;
  const [row] = await queries
    .select({ signed: nationalSignatures, keyId: nationalResponses.keyId, body: nationalBodies.body })
    .from(nationalSignatures)
    .innerJoin(nationalResponses, eq(nationalResponses.atIndex, nationalSignatures.atIndex))
    .innerJoin(nationalBodies, eq(nationalBodies.sha256, nationalResponses.sha256))
    .where(eq(nationalSignatures.atIndex, atIndex));
  if (row === undefined) return null;
  const { algorithm, signed: text, signature } = row.signed;
  return { algorithm, keyId: row.keyId, text, signature, body: encodeBase64(row.body) };
}
