/** Who may import whom. What is not listed here is refused, and so is a workspace without a line. */
export const arrows: Record<string, Arrows> = {
  protocol: { imports: [], runsInBrowser: ['.'] },
  contracts: { imports: [], tests: ['protocol'], ships: ['index.ts', 'abi'] },
  chain: { imports: ['protocol', 'contracts'] },
  'firmware-sim': { imports: ['protocol'] },
  'gateway-agent': { imports: ['protocol', 'chain'] },
  platform: { imports: [] },
  witness: { imports: ['protocol', 'platform'] },
  'trace-china-sim': { imports: ['platform'] },
  'trace-api': { imports: ['protocol', 'platform', 'chain', 'witness'], runsInBrowser: ['browser'] },
  verifier: { imports: ['protocol'] },
  launcher: { imports: ['protocol', 'chain'] },
  test: { imports: 'everything' },
  // tools/ and the configuration files beside it, which stand on the root's package.json.
  '.': { imports: [] },
};

/**
 * `imports`: the workspaces that any file may import. `tests`: those that its tests may import besides.
 * `ships`: the files and folders that others get, where that is not all but the tests; the rest is judged as tests are.
 * `runsInBrowser`: folders where a `node:` module is refused, tests excepted.
 */
export interface Arrows {
  imports: readonly string[] | 'everything';
  tests?: readonly string[];
  ships?: readonly string[];
  runsInBrowser?: readonly string[];
}
