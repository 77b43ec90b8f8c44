import { customType } from 'drizzle-orm/pg-core';

/** A byte string column. Both drivers give a Buffer, which is a Uint8Array. */
export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
