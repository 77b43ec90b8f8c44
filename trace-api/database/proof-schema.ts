import type { AnchorEvidence } from '@tianyuan/chain';
import { bytea } from '@tianyuan/platform';
import { jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

// What proofs need besides the mirror itself: evidence that a node forgets, and what witnesses signed.

/**
 * What proves a final anchor with no node to ask, kept because a node forgets. A row that is of another block than the
 * anchor now is says nothing.
 */
export const anchorEvidence = trace.table(
  'anchor_evidence',
  {
    logId: text('log_id').notNull(),
    size: natural('size').notNull(),
    blockHash: text('block_hash').notNull(),
    /** the receipt's proof and the headers; null where the node contradicts itself about them */
    evidence: jsonb().$type<AnchorEvidence>(),
    /** of the DeviceRegistry in that block's state, base64 nodes; null where the node had forgotten it */
    accountProof: jsonb('account_proof').$type<string[]>(),
    /** of the DeviceRegistry's storage, 0x hex: which of the registry's proofs go with it */
    storageRoot: text('storage_root'),
  },
  (table) => [primaryKey({ columns: [table.logId, table.size] })],
);

/** The registry's record of a key for one log, as nodes of its storage trie. It changes only when the registry does. */
export const registryProofs = trace.table(
  'registry_proofs',
  {
    storageRoot: text('storage_root').notNull(),
    publicKey: bytea('public_key').notNull(),
    logId: text('log_id').notNull(),
    /** base64 */
    nodes: jsonb().$type<string[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.storageRoot, table.publicKey, table.logId] })],
);

/** What witnesses signed: their signature line over the checkpoint that was anchored at this size with this root. */
export const cosignatures = trace.table(
  'cosignatures',
  {
    logId: text('log_id').notNull(),
    size: natural('size').notNull(),
    root: bytea().notNull(),
    witness: text().notNull(),
    /** with its newline */
    line: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.logId, table.size, table.witness] })],
);
