import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Database } from '@tianyuan/platform';
import type { Records } from '../records/open-records.ts';
import type { NoteAudit } from './note-audit.ts';
import { organisationRoutes } from './organisation-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import { roleRoutes } from './role-routes.ts';
import { newApi } from '../api.ts';
import type { WithPrincipal } from './principal.ts';

/** Organisations, people and roles. Logins are mounted apart: their answers hold tokens and are remembered nowhere. */
export function whoIsWho(
  database: Database,
  records: Records | undefined,
  noteAudit: NoteAudit,
): OpenAPIHono<{ Variables: WithPrincipal }> {
  const api = newApi<{ Variables: WithPrincipal }>();
  api.route('/', organisationRoutes(database.queries, records));
  api.route('/', peopleRoutes(database, records, noteAudit));
  api.route('/', roleRoutes(records));
  return api;
}
