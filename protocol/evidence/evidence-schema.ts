import * as z from 'zod';

/** Base64 digits of a receipt's whole proof. An append's event takes some 430 of them: a hub's largest batch, 2,000, 860 KB. */
const maxReceiptLength = 1024 * 1024;

/** Base64; a node of a state trie is a branch of 532 bytes at most, or an account or a slot. */
const stateNode = z.string().max(64 * 1024);

/** The most blocks after the anchor's that evidence can show. */
export const maxLaterBlocks = 256;

/**
 * What proves an anchor with no node to ask. Bytes are standard base64. Each field is bounded, so that a hostile bundle
 * costs little before it is refused.
 */
export const evidenceSchema = z.strictObject({
  /** index of the anchor's transaction in its block */
  transactionIndex: z.int().min(0),
  /** nodes of the block's receipts trie, from its root to the transaction's receipt */
  receiptProof: z
    .array(z.string().max(maxReceiptLength))
    .min(1)
    .max(16)
    .refine((nodes) => nodes.reduce((sum, { length }) => sum + length, 0) <= maxReceiptLength, {
      error: 'the receipt and the nodes above it have at most 1 MiB together',
    }),
  /** the block's header, and under Clique those of the blocks after it, in the short form of `decodeHeader` */
  headers: z
    .array(z.string().max(8192))
    .min(1)
    .max(1 + maxLaterBlocks),
  /**
   * nodes of the state trie and of DeviceRegistry's storage trie, in any order: the registry's account, and the records
   * of the log's key and of the device's where the bundle has it, as of the anchor's block (EIP-1186)
   */
  stateProof: z.array(stateNode).max(256).optional(),
});

export type ChainEvidence = z.infer<typeof evidenceSchema>;
