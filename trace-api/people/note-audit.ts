import type { Queries } from '@tianyuan/platform';

/** What is no record of the log and leaves a line all the same: logins, and who erased what. */
export type AuditLine = {
  principal: string;
  action: 'session-open' | 'session-end' | 'personal-data-seen' | 'personal-data-erased';
  /** kind/id */
  subject: string;
  outcome: 'done' | 'refused';
  /** Unix ms */
  at: number;
};

export type NoteAudit = (queries: Queries, line: AuditLine) => Promise<void>;
