import { createRequire } from 'node:module';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);

export default defineConfig({
  paths: { sources: ['anchor-log', 'device-registry', 'examples', 'merkle'] },
  // Invariants: 20 lives of 60 steps each; a step hashes a naive tree or two, so more would take minutes.
  test: { solidity: { fuzz: { runs: 256 }, invariant: { runs: 20, depth: 60 } } },
  solidity: {
    version: '0.8.37',
    // Hardhat would download a compiler; the solc package's WebAssembly build is pinned by the lockfile instead.
    path: require.resolve('solc/soljson.js'),
    settings: {
      // One bytecode for every chain it is deployed on: anvil, geth Clique and Besu QBFT, none newer than London.
      evmVersion: 'london',
      viaIR: true,
      optimizer: { enabled: true, runs: 1_000_000 },
      // The code on chain is compared with the code checked in: it shall not turn on a comment.
      metadata: { bytecodeHash: 'none' },
    },
  },
});
