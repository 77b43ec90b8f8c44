import { expect, test } from 'vitest';
import { defaultThreads } from './default-threads.ts';

const gibibytes = 1024 ** 3;

test.each([
  ['a Raspberry Pi 3', 4, 1, 1],
  ['a Pi 4 with 4 GB', 4, 3.7, 4],
  ['a small machine in a cloud', 2, 2, 2],
  ['a server', 64, 256, 4],
  ['a machine that hides its CPUs', 0, 8, 1],
])('%s', (_, cpus, memory, threads) => {
  expect(defaultThreads(cpus, memory * gibibytes)).toBe(threads);
});
