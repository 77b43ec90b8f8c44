import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Calibration certificates of sensors, those that were taken back included. Certificates travel by hash. */
export const calibrations = sqliteTable(
  'calibrations',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    device: text('device').notNull(),
    /** empty where the device has one sensor of the quantity and does not name it */
    sensor: text('sensor').notNull(),
    type: text('type').notNull(),
    /** SHA-256 of the certificate, 64 hex digits */
    certificate: text('certificate').notNull(),
    issuer: text('issuer').notNull(),
    validFrom: integer('valid_from').notNull(),
    validUntil: integer('valid_until').notNull(),
    addedAt: integer('added_at').notNull(),
    removedAt: integer('removed_at'),
    /** the leaf that says so; null until the running agent has logged it */
    addedIndex: integer('added_index'),
    removedIndex: integer('removed_index'),
  },
  (table) => [index('calibrations_sensor').on(table.device, table.type, table.sensor)],
);
