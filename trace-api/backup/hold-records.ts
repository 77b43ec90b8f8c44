import type { Records } from '../records/open-records.ts';
import type { Restoration } from './restoration.ts';

/** The platform's log, which takes nothing while it is held. */
export function holdRecords(records: Records, { held }: Pick<Restoration, 'held'>): Records {
  return {
    ...records,
    message: async (payload) => (await held()) ?? records.message(payload),
    statement: async (...said) => (await held()) ?? records.statement(...said),
    statements: async (...said) => (await held()) ?? records.statements(...said),
    within: async (...said) => (await held()) ?? records.within(...said),
  };
}
