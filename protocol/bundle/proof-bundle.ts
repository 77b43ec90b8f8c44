import * as z from 'zod';
import { evidenceSchema } from '../evidence/evidence-schema.ts';

export const bundleType = 'tianyuan/proof/v1';

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`));
const natural = z.int().min(0);

/** Where the registry's record of a key is: the event that enrolled it. */
const enrolmentSchema = z.strictObject({
  transactionHash: hex(32),
  blockNumber: natural,
  logIndex: natural,
});

/** The transaction in which a contract took the checkpoint. */
export const anchorSchema = z.strictObject({
  chainId: natural,
  /** AnchorLog's address, lower case */
  contract: hex(20),
  transactionHash: hex(32),
  blockNumber: natural,
  blockHash: hex(32),
  /** the block's timestamp, Unix seconds as the chain has it */
  blockTime: natural,
  /** index of the `Appended` event in its block */
  logIndex: natural,
  /** what proves the anchor with no node to ask, where the chain allows it and the bundle's maker has it */
  evidence: evidenceSchema.optional(),
});

/** A salted field opened to this reader: SHA-256(salt ‖ name ‖ 0x00 ‖ JCS(value)) is committed in the payload. */
const disclosedSchema = z.strictObject({ name: z.string(), value: z.json(), salt: z.string() });

/**
 * `tianyuan/proof/v1`, one `.proof.json` file. Bytes are standard base64. The strings that a check decodes are plain
 * strings here: one that is malformed fails its check and is named, where a refused file would say nothing.
 */
export const proofBundleSchema = z.strictObject({
  type: z.literal(bundleType),
  /** the 56 bytes of the log entry */
  entry: z.string(),
  /** the payload that the entry commits to; absent when withheld */
  payload: z.string().optional(),
  /** C2SP tlog-proof@v1: index, inclusion proof, checkpoint at an anchored size */
  tlogProof: z.string(),
  /** whose key signed the payload; absent for what no device signed, and when withheld */
  device: z
    .strictObject({
      id: z.string(),
      key: z.int().min(1),
      publicKey: z.string(),
      enrolment: enrolmentSchema.optional(),
    })
    .optional(),
  log: z.strictObject({
    origin: z.string(),
    key: z.int().min(1),
    publicKey: z.string(),
    enrolment: enrolmentSchema.optional(),
  }),
  /** an {@link Anchor}; absent until the checkpoint is in a block */
  anchor: z.unknown().optional(),
  disclosed: z.array(disclosedSchema).optional(),
});

export type Anchor = z.infer<typeof anchorSchema>;
export type ProofBundle = z.infer<typeof proofBundleSchema>;
export type Enrolment = z.infer<typeof enrolmentSchema>;
