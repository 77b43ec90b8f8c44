import { bytea, idempotencyTable } from '@tianyuan/platform';
import { sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  primaryKey,
  smallint,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

export * from './events-schema.ts';
export * from './people-schema.ts';
export * from './audit-schema.ts';
export * from './backup-schema.ts';
export * from './batches-schema.ts';
export * from './catalogue-schema.ts';
export * from './genealogy-schema.ts';
export * from './live-schema.ts';
export * from './carriage-schema.ts';
export * from './cold-chain-schema.ts';
export * from './national-schema.ts';
export * from './proof-schema.ts';
export * from './quality-schema.ts';
export * from './records-schema.ts';
export * from './reports-schema.ts';
export * from './status-schema.ts';

/** The head of each mirrored log. Uploads of one log serialise on the lock of its row. */
export const logs = trace.table('logs', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  /** SHA-256 of the origin, 64 lower-case hex digits: how URLs and the chain name it */
  logId: text('log_id').notNull().unique(),
  origin: text().notNull(),
  size: natural('size').notNull(),
  /** 32 bytes */
  root: bytea().notNull(),
  /** the newest signed note, as it was received */
  checkpoint: text().notNull(),
  /** entries of kind message or equivocation */
  messages: natural('messages').notNull(),
  /** of these, the ones that count: see `entries.verified` */
  verified: natural('verified').notNull(),
});

/** How many entries of a log carry which flag; kept with the entries so that nobody has to count them. */
export const logFlags = trace.table(
  'log_flags',
  {
    log: integer().notNull(),
    flag: text().notNull(),
    count: natural('count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.flag] })],
);

export const entries = trace.table(
  'entries',
  {
    log: integer().notNull(),
    index: natural('index').notNull(),
    /** the 56 bytes that are logged */
    entry: bytea().notNull(),
    /** the bytes that the entry commits to; null where they were withheld or evicted, or were other bytes */
    payload: bytea(),
    /** signature, key and commitment are right, and it is the first of its (key, boot, seq) that was mirrored */
    verified: boolean().notNull(),
    flag: text(),
    /** the enrolled key that signed; null unless the signature was checked */
    key: integer(),
    boot: natural('boot'),
    seq: natural('seq'),
  },
  (table) => [
    primaryKey({ columns: [table.log, table.index] }),
    // PROTOCOL section 1: uniqueness is global, over all logs.
    uniqueIndex('entries_seen')
      .on(table.key, table.boot, table.seq)
      .where(sql`verified`),
    // Few, and looked for among many.
    index('entries_flagged')
      .on(table.log, table.index)
      .where(sql`flag is not null`),
  ],
);

/** Messages whose key the registry did not have when they came; they are judged again when it does. */
export const strangers = trace.table(
  'strangers',
  {
    log: integer().notNull(),
    index: natural('index').notNull(),
    /** SHA-256 of the device's id, 64 hex digits, as the registry has it */
    subject: text().notNull(),
    keyNumber: natural('key_number').notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.index] }), index().on(table.subject, table.keyNumber)],
);

/**
 * Where a gateway's own statement names a block of the chain: from there on it cannot say that it had not heard of what
 * happened before that block, a key's revocation for instance.
 */
export const blockStatements = trace.table(
  'block_statements',
  {
    log: integer().notNull(),
    index: natural('index').notNull(),
    blockNumber: natural('block_number').notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.index] })],
);

/** Full tiles only: partial ones are derived from the entries and from the roots of the tiles below. */
export const tiles = trace.table(
  'tiles',
  {
    log: integer().notNull(),
    level: smallint().notNull(),
    index: natural('index').notNull(),
    /** 256 hashes, 8,192 bytes */
    hashes: bytea().notNull(),
    /** the tile's hash in the tile above, 32 bytes */
    root: bytea().notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.level, table.index] })],
);

/** Every checkpoint that led an upload. */
export const checkpoints = trace.table(
  'checkpoints',
  {
    log: integer().notNull(),
    size: natural('size').notNull(),
    note: text().notNull(),
    receivedAt: natural('received_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.size] })],
);

/** What contradicts itself under a log's own signature, or on the chain: kept for whoever has to judge it. */
export const evidence = trace.table(
  'evidence',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    kind: text().notNull(),
    logId: text('log_id').notNull(),
    /** what identifies this contradiction, so that a repeated upload does not add another row */
    subject: text().notNull(),
    detail: jsonb().$type<Record<string, unknown>>().notNull(),
    foundAt: natural('found_at').notNull(),
  },
  (table) => [unique().on(table.kind, table.logId, table.subject)],
);

/** Mirror of the DeviceRegistry on the chain: keys of devices, persons and logs. */
export const keys = trace.table(
  'keys',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** SHA-256 of the device's id or of the log's origin, 64 hex digits */
    subject: text().notNull(),
    keyNumber: natural('key_number').notNull(),
    /** 32 bytes */
    publicKey: bytea('public_key').notNull().unique(),
    transactionHash: text('transaction_hash').notNull(),
    blockNumber: natural('block_number').notNull(),
    eventIndex: integer('event_index').notNull(),
    /** false where the chain took the enrolment back; the row stays, since entries refer to it */
    enrolled: boolean().notNull(),
    /** where on the chain it was revoked: in every log from the size that was anchored at that moment on */
    revokedBlock: natural('revoked_block'),
    revokedEvent: integer('revoked_event'),
    /** its last message that counts, where another key took over, and the block that says so */
    lastBoot: natural('last_boot'),
    lastSeq: natural('last_seq'),
    rotatedBlock: natural('rotated_block'),
    /** whether messages under it are to be judged again, since the chain has changed what counts */
    stale: boolean().notNull(),
  },
  (table) => [index().on(table.subject, table.keyNumber)],
);

/** For one log, the registrar named an entry from which on a revoked key does not count. */
export const keyCuts = trace.table(
  'key_cuts',
  {
    publicKey: bytea('public_key').notNull(),
    logId: text('log_id').notNull(),
    fromIndex: natural('from_index').notNull(),
    blockNumber: natural('block_number').notNull(),
    eventIndex: integer('event_index').notNull(),
  },
  (table) => [primaryKey({ columns: [table.publicKey, table.logId, table.fromIndex] })],
);

/** `Appended` events that are on the chain now; one that the chain took back is deleted. */
export const anchors = trace.table(
  'anchors',
  {
    logId: text('log_id').notNull(),
    size: natural('size').notNull(),
    /** 32 bytes */
    root: bytea().notNull(),
    /** the checkpoint's Ed25519 signature, 64 bytes */
    signature: bytea().notNull(),
    chainId: natural('chain_id').notNull(),
    /** AnchorLog's address, lower case */
    contract: text().notNull(),
    transactionHash: text('transaction_hash').notNull(),
    blockNumber: natural('block_number').notNull(),
    blockHash: text('block_hash').notNull(),
    /** Unix seconds, as the chain has it */
    blockTime: natural('block_time').notNull(),
    eventIndex: integer('event_index').notNull(),
    final: boolean().notNull(),
    /** whether the mirrored log has this root at this size, and the log's key signed it; null until it is that long */
    agrees: boolean(),
    /** the log's key that signed it */
    key: integer(),
  },
  (table) => [primaryKey({ columns: [table.logId, table.size] }), index().on(table.blockNumber)],
);

/** Up to where the chain has been followed, one row, in the form that `chain` gives it. */
export const chainCursor = trace.table('chain_cursor', {
  id: integer().primaryKey(),
  cursor: jsonb().$type<unknown>().notNull(),
});

/** Calibration certificates that gateways stated in their logs. One that was taken back stays, and says since when. */
export const calibrations = trace.table(
  'calibrations',
  {
    log: integer().notNull(),
    /** the entry that states it */
    index: natural('index').notNull(),
    device: text().notNull(),
    sensor: text().notNull(),
    type: text().notNull(),
    /** SHA-256 of the certificate, 64 hex digits */
    certificate: text().notNull(),
    issuer: text().notNull(),
    /** Unix ms, the end not included */
    validFrom: natural('valid_from').notNull(),
    validUntil: natural('valid_until').notNull(),
    /** the entry that takes it back */
    removedIndex: natural('removed_index'),
  },
  (table) => [primaryKey({ columns: [table.log, table.index] }), index().on(table.device, table.type)],
);

export const idempotency = idempotencyTable(trace);
