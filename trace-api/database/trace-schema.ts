import { bigint, pgSchema } from 'drizzle-orm/pg-core';

/** Everything of the trace API; other services of one database have schemas of their own. */
export const trace = pgSchema('trace');

/** Tree sizes, log indices, Unix ms and device counters: all below 2^53. */
export const natural = (name: string) => bigint(name, { mode: 'number' });
