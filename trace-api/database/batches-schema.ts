import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Bilingual } from '../batches/batch-view.ts';
import type { Limit } from '../batches/batch.ts';
import type { Amount } from '../genealogy/amount.ts';
import { natural, trace } from './trace-schema.ts';

/** What its owner says of it now. */
export const batches = trace.table(
  'batches',
  {
    batchId: text('batch_id').primaryKey(),
    /** 14 digits */
    gtin: text().notNull(),
    lot: text().notNull(),
    product: jsonb().$type<Bilingual>().notNull(),
    origin: jsonb().$type<Bilingual>().notNull(),
    harvestedAt: natural('harvested_at'),
    limits: jsonb().$type<Limit[]>().notNull(),
    devices: jsonb().$type<string[]>().notNull(),
    published: boolean().notNull(),
    // Requirement 5.2; null where its owner did not say. docs/epcis.md has them field by field.
    skuId: text('sku_id'),
    harvestYear: integer('harvest_year'),
    /** YYYY-MM-DD, as is the expiry date */
    processingDate: text('processing_date'),
    farmerId: text('farmer_id'),
    farmPlotId: text('farm_plot_id'),
    irrigationSource: text('irrigation_source'),
    pesticideReportId: text('pesticide_report_id'),
    qualityGrade: text('quality_grade'),
    inspectionReportUrl: text('inspection_report_url'),
    traceRecordId: text('trace_record_id'),
    totalQty: jsonb('total_qty').$type<Amount>(),
    expiryDate: text('expiry_date'),
    profileId: text('profile_id'),
    /** Unix ms of the first record about it; null where there is none */
    createdAt: natural('created_at'),
  },
  (table) => [unique().on(table.gtin, table.lot), index().on(table.skuId)],
);

/**
 * Which verified messages of one upload name one batch and come from one device: a row where a row a message would be
 * hundreds, so that a page costs the number of uploads and not of messages. Under the empty batch id: readings that name
 * no batch and may reach one all the same, through what carried the device.
 */
export const shares = trace.table(
  'shares',
  {
    batchId: text('batch_id').notNull(),
    device: text().notNull(),
    log: integer().notNull(),
    /** the messages' indices in the log, ascending */
    indices: bigint({ mode: 'number' }).array().notNull(),
    firstIndex: natural('first_index').notNull(),
    lastIndex: natural('last_index').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.device, table.log, table.firstIndex] })],
);

/** How many messages that name a batch carry which flag, true or not; the page counts only the batch's own devices. */
export const batchFlags = trace.table(
  'batch_flags',
  {
    batchId: text('batch_id').notNull(),
    device: text().notNull(),
    flag: text().notNull(),
    count: natural('count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.device, table.flag] })],
);

/** The readings of a share, one row for each sensor and quantity, in three arrays of the same length ordered by time. */
export const series = trace.table(
  'series',
  {
    batchId: text('batch_id').notNull(),
    device: text().notNull(),
    log: integer().notNull(),
    firstIndex: natural('first_index').notNull(),
    type: text().notNull(),
    /** empty where the device does not name it; rows of earlier releases have all sensors in one */
    sensor: text().notNull().default(''),
    times: bigint({ mode: 'number' }).array().notNull(),
    /** scaled integers of the data dictionary */
    values: bigint({ mode: 'number' }).array().notNull(),
    /** of the entry that each reading is from; empty in rows of earlier releases */
    indices: bigint({ mode: 'number' })
      .array()
      .notNull()
      .default(sql`'{}'`),
    // What follows is of the arrays, for those who need not open them.
    fromTime: natural('from_time').notNull(),
    toTime: natural('to_time').notNull(),
    count: integer().notNull(),
    min: natural('min').notNull(),
    max: natural('max').notNull(),
    sum: natural('sum').notNull(),
  },
  (table) => [
    uniqueIndex('series_share').on(
      table.batchId,
      table.device,
      table.log,
      table.firstIndex,
      table.type,
      table.sensor,
    ),
    // What a device measured in a time, whatever batch it named: both ends are in the index, so that the rows of a device
    // that are of other times are passed over without being read.
    index('series_device_times').on(table.device, table.fromTime, table.toTime),
  ],
);

/** Which sensors of a device gave readings to a batch; the empty name is that of a device's only one. */
export const batchSensors = trace.table(
  'batch_sensors',
  {
    batchId: text('batch_id').notNull(),
    device: text().notNull(),
    log: integer().notNull(),
    type: text().notNull(),
    sensor: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.device, table.log, table.type, table.sensor] })],
);
