import { defineConfig } from 'vitest/config';

/** Several of the real programs together, or a whole service again and again: minutes, which npm test has not. */
const flows = [
  'test/flows/**/*.test.ts',
  'test/national/**/*.test.ts',
  'test/trace/{backup,chain,inspect,replay,witnesses}.test.ts',
  'test/browser/**/*.test.ts',
  'firmware-sim/main.test.ts',
  'trace-api/genealogy/large-lineage.test.ts',
];

const notOurs = ['**/node_modules/**', '.toolchain/**', '.tianyuan/**', '**/artifacts/**'];

// Both kinds run in processes of their own: native addons do not survive being loaded in several worker threads.
export default defineConfig({
  test: {
    pool: 'forks',
    // vitest leaves one core to itself; with two cores that is half of them, and our tests mostly wait.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        // Pure functions: nothing of one file is left for the next, so they need no process each.
        extends: true,
        test: { name: 'pure', include: ['protocol/**/*.test.ts'], exclude: notOurs, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'fast',
          // A third of the time went into loading the same modules for each file. What a file leaves behind in its process is
          // undone by the set-up; a file may not count on its own being the first.
          isolate: false,
          setupFiles: ['test/set-up-file.ts'],
          // On PostgreSQL the same suites run by `npm run test:postgres`.
          env: { TIANYUAN_DATABASES: 'pglite' },
          include: ['**/*.test.ts'],
          exclude: [
            ...notOurs,
            'test/faults/**',
            ...flows,
            'protocol/**',
            'test/package/**',
            'test/chain/**',
            'test/trace/processes.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          env: { TIANYUAN_DATABASES: 'postgres' },
          include: ['test/trace/**/*.test.ts', 'test/events/**/*.test.ts'],
          exclude: [...notOurs, ...flows, 'test/trace/processes.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'flows',
          include: flows,
          exclude: notOurs,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // A real network of several nodes. Its first run builds geth, which takes minutes.
        extends: true,
        test: {
          name: 'chain',
          include: ['test/chain/**/*.test.ts'],
          exclude: notOurs,
          testTimeout: 300_000,
          hookTimeout: 1_500_000,
          fileParallelism: false,
        },
      },
      {
        // Power cuts, dead links, full disks: minutes each, and one at a time, since they measure what survives.
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts', 'test/trace/processes.test.ts'],
          exclude: notOurs,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // Packages as they are installed: a minute each, and a network the first time.
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          exclude: notOurs,
          testTimeout: 120_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
