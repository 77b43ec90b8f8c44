import { readFile } from 'node:fs/promises';
import { bytesToHex, verifyConsistency } from '@tianyuan/protocol';
import { BrowserProvider } from 'ethers';
import type { HardhatRuntimeEnvironment } from 'hardhat/types/hre';
import { beforeAll, describe, expect, test } from 'vitest';
import { abiFile, compile, deployedContracts, formatBuild, openHardhat, readBuild } from './build.ts';
import { deploy } from './simulated-chain.ts';
import { type ConsistencyVector, consistencyVectors, toGrowth } from './vectors/consistency.ts';
import vectorFile from './vectors/consistency.json' with { type: 'json' };

let hardhat: HardhatRuntimeEnvironment;

beforeAll(async () => {
  hardhat = await openHardhat();
  await compile(hardhat);
}, 180_000); // a cold compile through Yul takes 20 s of one core

describe('the checked-in build', () => {
  test.each(deployedContracts)('of %s is what its sources compile to', async (contract) => {
    const checkedIn = await readFile(abiFile(contract), 'utf8');
    expect(checkedIn, 'stale: run `npm run compile -w contracts`').toBe(
      formatBuild(await readBuild(hardhat, contract)),
    );
  });

  test('uses no opcode that is younger than London', async () => {
    for (const contract of deployedContracts) {
      const { bytecode } = await readBuild(hardhat, contract);
      expect(youngOpcodes(bytecode)).toEqual([]);
    }
  });
});

test('the Solidity suite passes, fuzz tests included', async () => {
  const result = (await hardhat.tasks.getTask(['test', 'solidity']).run({ noCompile: true })) as {
    success: boolean;
    value: { suiteResults: { testResults: unknown[] }[] };
  };
  expect(result.success).toBe(true);
  const count = result.value.suiteResults.reduce((sum, suite) => sum + suite.testResults.length, 0);
  expect(count).toBeGreaterThanOrEqual(38);
}, 120_000);

describe('the shared vectors of consistency proofs', () => {
  test('are the ones that the generator gives', () => {
    expect(vectorFile, 'stale: run `npm run compile -w contracts`').toEqual(consistencyVectors());
  });

  test('hold true and false ones', () => {
    expect(vectorFile.filter(({ valid }) => valid).length).toBeGreaterThan(40);
    expect(vectorFile.filter(({ valid }) => !valid).length).toBeGreaterThan(100);
  });

  test.each(vectorFile)('TypeScript: $comment', (vector) => {
    expect(verifyConsistency(toGrowth(vector))).toBe(vector.valid);
  });

  test('Solidity says the same of every one', async () => {
    const verdicts = await solidityVerdicts(vectorFile);
    expect(verdicts).toEqual(vectorFile.map(({ comment, valid }) => ({ comment, valid })));
  });
});

async function solidityVerdicts(
  vectors: ConsistencyVector[],
): Promise<{ comment: string; valid: boolean }[]> {
  const connection = await hardhat.network.create();
  const provider = new BrowserProvider(connection.provider);
  try {
    const harness = await deploy(
      await hardhat.artifacts.readArtifact('Rfc6962Harness'),
      await provider.getSigner(),
    );
    const verdicts = [];
    for (const vector of vectors) {
      const { comment, size1, size2, root1, root2, proof } = vector;
      const hashes = proof.map((hash) => `0x${hash}`);
      const valid = await harness['verifyConsistency']!(size1, size2, `0x${root1}`, `0x${root2}`, hashes);
      verdicts.push({ comment, valid });
    }
    return verdicts;
  } finally {
    provider.destroy();
    await connection.close();
  }
}

/** PUSH0 (Shanghai), TLOAD, TSTORE, MCOPY, BLOBHASH and BLOBBASEFEE (Cancun), CLZ (Osaka), read as an EVM walks code. */
function youngOpcodes(bytecode: string): string[] {
  const young = new Set([0x5f, 0x5c, 0x5d, 0x5e, 0x49, 0x4a, 0x1e]);
  const code = Buffer.from(bytecode.slice(2), 'hex');
  // The last two bytes are the length of the metadata, which is data and no code.
  const end = code.length - 2 - code.readUInt16BE(code.length - 2);
  const found: string[] = [];
  for (let at = 0; at < end; at++) {
    const opcode = code[at]!;
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f;
    else if (young.has(opcode)) found.push(`0x${bytesToHex(Uint8Array.of(opcode))} at ${at}`);
  }
  return found;
}
