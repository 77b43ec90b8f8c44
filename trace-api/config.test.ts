import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

test('a block is called final after no more blocks than a bundle can show', () => {
  const load = (blocks: string) => loadConfig(['node', 'trace-api'], { CHAIN_CONFIRMATIONS: blocks });
  expect(load('256').chainConfirmations).toBe(256);
  expect(() => load('257')).toThrow('CHAIN_CONFIRMATIONS');
});
