import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

test('a block is called final after no more blocks than a bundle can show', () => {
  const load = (blocks: string) => loadConfig(['node', 'trace-api'], { CHAIN_CONFIRMATIONS: blocks });
  expect(load('256').chainConfirmations).toBe(256);
  expect(() => load('257')).toThrow('CHAIN_CONFIRMATIONS');
});

test('BLOCKCHAIN_NODES names the nodes where CHAIN_RPC_URL does not', () => {
  const load = (environment: Record<string, string>) =>
    loadConfig(['node', 'trace-api'], { DEPLOYMENT_FILE: 'deployment.json', ...environment }).chainRpcUrl;
  const nodes = 'http://10.0.0.1:8545,http://10.0.0.2:8545';
  expect(load({ BLOCKCHAIN_NODES: nodes })).toBe(nodes);
  expect(load({ BLOCKCHAIN_NODES: nodes, CHAIN_RPC_URL: 'http://own:8545' })).toBe('http://own:8545');
});
