import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate` writes a migration for what changed in the schema. */
export default defineConfig({
  dialect: 'postgresql',
  schema: ['./database/trace-schema.ts', './database/schema.ts', './database/log-closures.ts'],
  out: './database/migrations',
});
