import { bytea } from '@tianyuan/platform';
import { index, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { natural, trace } from './trace-schema.ts';

// What a gateway showed ahead of its backfill. Gone once the mirror has it.

/** Signed heads ahead of the mirror, which has to come to the same roots. */
export const liveHeads = trace.table(
  'live_heads',
  {
    log: integer().notNull(),
    size: natural('size').notNull(),
    /** 32 bytes */
    root: bytea().notNull(),
    /** the signed note */
    note: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.size] })],
);

/** The newest reading of each sensor ahead of the mirror. */
export const liveReadings = trace.table(
  'live_readings',
  {
    log: integer().notNull(),
    /** empty where the message names none, as in `series` */
    batchId: text('batch_id').notNull(),
    device: text().notNull(),
    type: text().notNull(),
    /** empty where the message does not name it */
    sensor: text().notNull(),
    /** of the device's clock, Unix ms */
    time: natural('time').notNull(),
    /** in the scaled unit; may be negative */
    value: natural('value').notNull(),
    /** of its entry in the log */
    index: natural('index').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.log, table.batchId, table.device, table.type, table.sensor] }),
    index().on(table.batchId),
    index().on(table.device),
  ],
);
