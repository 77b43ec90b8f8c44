import { expect, onTestFinished, test, vi } from 'vitest';

async function defaultUnder(nodes: string | undefined): Promise<string> {
  vi.stubEnv('BLOCKCHAIN_NODES', nodes);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.resetModules();
  return (await import('./default-rpc.ts')).defaultRpc;
}

test('commands ask the nodes of BLOCKCHAIN_NODES, and the local chain where it names none', async () => {
  const nodes = 'http://10.0.0.1:8545,http://10.0.0.2:8545';
  expect(await defaultUnder(nodes)).toBe(nodes);
  expect(await defaultUnder('')).toBe('http://127.0.0.1:8545');
  expect(await defaultUnder(undefined)).toBe('http://127.0.0.1:8545');
});
