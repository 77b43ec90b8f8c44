import type { NoteAudit } from '../people/note-audit.ts';
import type { Audit } from './open-audit.ts';

/** What is no write of its own and leaves a line all the same, logins and looks at personal data: the action in the place of the method. */
export function noteInAudit(audit: Audit): NoteAudit {
  return (_, { principal: who, action, subject, outcome }) =>
    audit.write({
      who,
      method: action,
      path: subject,
      requestId: '-',
      idempotencyKey: null,
      status: outcome === 'done' ? 200 : 403,
      code: null,
    });
}
