import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

/** The log, one row a leaf. Payloads may be evicted one day; entries never are. */
export const entries = sqliteTable('entries', {
  index: integer('idx').primaryKey(),
  entry: blob('entry', { mode: 'buffer' }).notNull(),
  payload: blob('payload', { mode: 'buffer' }),
  /** codes of accept, comma-separated; null for an unremarkable message */
  flags: text('flags'),
});

/** Every (key, boot, seq) that is in the log: the payload's hash is in its entry. */
export const seen = sqliteTable(
  'seen',
  {
    keyId: integer('key_id').notNull(),
    boot: integer('boot').notNull(),
    seq: integer('seq').notNull(),
    index: integer('idx').notNull(),
  },
  (table) => [primaryKey({ columns: [table.keyId, table.boot, table.seq] })],
);

/** Second messages under one (key, boot, seq), logged as evidence, by their payload's hash. */
export const equivocations = sqliteTable(
  'equivocations',
  {
    keyId: integer('key_id').notNull(),
    boot: integer('boot').notNull(),
    seq: integer('seq').notNull(),
    payloadHash: blob('payload_hash', { mode: 'buffer' }).notNull(),
    index: integer('idx').notNull(),
  },
  (table) => [primaryKey({ columns: [table.keyId, table.boot, table.seq, table.payloadHash] })],
);

/** Full tiles only: a partial one follows from the entries or from the tiles below it. */
export const tiles = sqliteTable(
  'tiles',
  {
    level: integer('level').notNull(),
    index: integer('idx').notNull(),
    hashes: blob('hashes', { mode: 'buffer' }).notNull(),
    /** the 16 nodes half-way up: proofs hash ten times less with them */
    middle: blob('middle', { mode: 'buffer' }).notNull(),
    root: blob('root', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
);

/** Every checkpoint that was signed and may have left the process. */
export const checkpoints = sqliteTable('checkpoints', {
  size: integer('size').primaryKey(),
  root: blob('root', { mode: 'buffer' }).notNull(),
  note: text('note').notNull(),
  signedAt: integer('signed_at').notNull(),
});

/** Appends that this gateway sent to the chain, and how far each got. */
export const anchors = sqliteTable('anchors', {
  size: integer('size').primaryKey(),
  state: text('state', { enum: ['sent', 'anchored', 'final'] }).notNull(),
  transactionHash: text('transaction_hash').notNull(),
  blockNumber: integer('block_number'),
  blockHash: text('block_hash'),
  sentAt: integer('sent_at').notNull(),
});

/** What anchoring cost on one day of the gateway's own calendar; `wei` in decimal digits, too large for an integer. */
export const anchorDays = sqliteTable('anchor_days', {
  day: text('day').primaryKey(),
  transactions: integer('transactions').notNull(),
  gas: integer('gas').notNull(),
  wei: text('wei').notNull(),
});

/**
 * Who may connect. A device has a token (kept as the SHA-256 of 32 random bytes, which needs no slow hash; empty where it
 * has none), certificates, or both. `ratePerSecond` and `burst` are its own limit where it has one.
 */
export const devices = sqliteTable('devices', {
  device: text('device').primaryKey(),
  tokenHash: blob('token_hash', { mode: 'buffer' }).notNull(),
  enrolledAt: integer('enrolled_at').notNull(),
  revokedAt: integer('revoked_at'),
  ratePerSecond: real('rate_per_second'),
  burst: integer('burst'),
});

/** `lastBoot` and `lastSeq` name the last message that counts of a key that another one took over from. */
export const deviceKeys = sqliteTable(
  'device_keys',
  {
    id: integer('id').primaryKey(),
    device: text('device').notNull(),
    key: integer('key').notNull(),
    publicKey: blob('public_key', { mode: 'buffer' }).notNull(),
    revoked: integer('revoked', { mode: 'boolean' }).notNull().default(false),
    revokedAt: integer('revoked_at'),
    lastBoot: integer('last_boot'),
    lastSeq: integer('last_seq'),
    /** `registry`: learnt from the chain, and gone if the chain takes it back */
    source: text('source', { enum: ['owner', 'registry'] })
      .notNull()
      .default('owner'),
  },
  (table) => [
    uniqueIndex('device_keys_name').on(table.device, table.key),
    uniqueIndex('device_keys_public_key').on(table.publicKey),
  ],
);

/** Client certificates that this gateway's authority issued, by the SHA-256 of their DER. */
export const certificates = sqliteTable('certificates', {
  fingerprint: blob('fingerprint', { mode: 'buffer' }).primaryKey(),
  device: text('device').notNull(),
  serial: text('serial').notNull(),
  issuedAt: integer('issued_at').notNull(),
  notAfter: integer('not_after').notNull(),
  revokedAt: integer('revoked_at'),
});

/** Invitations for devices that bring their own key. The token is kept as its SHA-256 only. */
export const claims = sqliteTable('claims', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  device: text('device').notNull(),
  tokenHash: blob('token_hash', { mode: 'buffer' }).notNull().unique(),
  state: text('state', { enum: ['open', 'waiting', 'approved', 'delivered', 'used', 'withdrawn'] }).notNull(),
  autoApprove: integer('auto_approve', { mode: 'boolean' }).notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  /** of the first device that showed the token: no other one may from then on */
  publicKey: blob('public_key', { mode: 'buffer' }),
  csr: blob('csr', { mode: 'buffer' }),
  /** what the device says it signed last with its key before this one */
  lastBoot: integer('last_boot'),
  lastSeq: integer('last_seq'),
  presentedAt: integer('presented_at'),
  key: integer('key'),
  /** PEM, once it was issued: shown again it is the same */
  certificate: text('certificate'),
});

/**
 * The copy of what DeviceRegistry says about devices, event by event, so that a chain that goes back takes its events
 * along. `cutFrom` is the entry of this gateway's log from which on a revoked key does not count.
 */
export const registryEvents = sqliteTable(
  'registry_events',
  {
    blockNumber: integer('block_number').notNull(),
    logIndex: integer('log_index').notNull(),
    kind: text('kind', { enum: ['enrolled', 'rotated', 'revoked', 'cut'] }).notNull(),
    publicKey: blob('public_key', { mode: 'buffer' }).notNull(),
    /** SHA-256 of the device's id; null for a cut */
    subject: text('subject'),
    key: integer('key'),
    lastBoot: integer('last_boot'),
    lastSeq: integer('last_seq'),
    cutFrom: integer('cut_from'),
  },
  (table) => [
    primaryKey({ columns: [table.blockNumber, table.logIndex] }),
    index('registry_events_public_key').on(table.publicKey),
    index('registry_events_subject').on(table.subject),
  ],
);

/** What this gateway wants of DeviceRegistry, in order. Done is what `registryEvents` show to be so. */
export const registryRequests = sqliteTable('registry_requests', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  kind: text('kind', { enum: ['enrol', 'rotate', 'revoke'] }).notNull(),
  device: text('device').notNull(),
  key: integer('key').notNull(),
  publicKey: blob('public_key', { mode: 'buffer' }).notNull(),
  /** rotate: the key that takes over */
  newPublicKey: blob('new_public_key', { mode: 'buffer' }),
  lastBoot: integer('last_boot'),
  lastSeq: integer('last_seq'),
  /** revoke: from which entry of this gateway's log on, where the owner named it */
  fromIndex: integer('from_index'),
  requestedAt: integer('requested_at').notNull(),
  /** why the last try was refused, for people */
  trouble: text('trouble'),
});

/** Messages that were refused but authenticated, with the cause. Bounded by bytes: the oldest go first. */
export const quarantine = sqliteTable(
  'quarantine',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    device: text('device').notNull(),
    code: text('code').notNull(),
    detail: text('detail').notNull(),
    payload: blob('payload', { mode: 'buffer' }).notNull(),
    receivedAt: integer('received_at').notNull(),
  },
  (table) => [index('quarantine_code').on(table.code)],
);

/** Refusals ever counted, by code: what quarantine no longer holds is still counted. */
export const refusals = sqliteTable('refusals', {
  code: text('code').primaryKey(),
  count: integer('count').notNull(),
});

/** What the validity rules remember of a device, JSON: one row a device, written in its messages' own transaction. */
export const deviceStates = sqliteTable('device_states', {
  device: text('device').primaryKey(),
  state: text('state').notNull(),
});

/** Runs of entries whose messages lose their payloads, by the leaf of the tombstone that says so. Contiguous from 0. */
export const evictions = sqliteTable('evictions', {
  index: integer('idx').primaryKey(),
  from: integer('from_idx').notNull(),
  to: integer('to_idx').notNull(),
  reason: text('reason', { enum: ['mirrored', 'evicted'] }).notNull(),
  /** messages among them */
  payloads: integer('payloads').notNull(),
  /** whether the payloads are gone */
  done: integer('done', { mode: 'boolean' }).notNull(),
});

/** Single values: the origin, the boot count. */
export const settings = sqliteTable('settings', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});
