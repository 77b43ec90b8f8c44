import { PgBoss } from 'pg-boss';
import type { Database } from '../database/database.ts';

/** Jobs and schedules that outlive the process, each done by one process of those that share the database. */
export type Jobs = Pick<PgBoss, 'createQueue' | 'work' | 'send' | 'insert' | 'schedule'> & {
  /** Lets the jobs that are running end, for at most this long. */
  close: (graceMs?: number) => Promise<void>;
};

/**
 * pg-boss in the database that is open already: on PGlite too, where its tables are in the same file. They are in the schema `jobs`,
 * and it migrates them itself.
 * @param onError told of what goes wrong in the background: a lost connection, for instance; pg-boss goes on by itself
 */
export async function openJobs(database: Database, onError: (error: Error) => void): Promise<Jobs> {
  const boss = new PgBoss({
    db: database.jobStore,
    backend: database.kind === 'pglite' ? 'pglite' : 'postgres',
    schema: 'jobs',
  });
  boss.on('error', onError);
  await boss.start();
  return {
    createQueue: boss.createQueue.bind(boss),
    work: boss.work.bind(boss),
    send: boss.send.bind(boss),
    insert: boss.insert.bind(boss),
    schedule: boss.schedule.bind(boss),
    // The database is its owner's to close.
    close: (graceMs = 5_000) => boss.stop({ graceful: true, timeout: graceMs, close: false }),
  };
}
