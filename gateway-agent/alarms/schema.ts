import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Alarms that are not quiet. */
export const alarms = sqliteTable(
  'alarms',
  {
    kind: text('kind').notNull(),
    /** what it is about: a device, a sensor, a link; empty for the gateway itself */
    subject: text('subject').notNull(),
    state: text('state', { enum: ['pending', 'raised', 'clearing'] }).notNull(),
    /** since when it is in this state, on the alarm's own clock */
    since: integer('since').notNull(),
    /** the gateway's clock when it was raised, Unix ms */
    raisedAt: integer('raised_at'),
    /** what was measured, JSON */
    detail: text('detail').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.subject] })],
);

/** What the watch remembers between entries of the log, JSON by name; `cursor` is the leaf to go on with. */
export const watchMemory = sqliteTable('watch_memory', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});

/** The newest reading of each sensor, as the status page shows it. */
export const latestReadings = sqliteTable(
  'latest_readings',
  {
    device: text('device').notNull(),
    sensor: text('sensor').notNull(),
    type: text('type').notNull(),
    value: integer('value').notNull(),
    /** the device's clock, Unix ms */
    time: integer('time').notNull(),
    /** the gateway's clock, Unix ms */
    receivedAt: integer('received_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.device, table.type, table.sensor] })],
);

/** Alarm notices that the webhook has not taken yet, oldest first. */
export const notices = sqliteTable('notices', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  body: text('body').notNull(),
  createdAt: integer('created_at').notNull(),
});
