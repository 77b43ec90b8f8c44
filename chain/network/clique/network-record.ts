import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Wallet, encryptKeystoreJsonSync, parseEther } from 'ethers';
import { z } from 'zod';
import { deriveAccounts } from '../../accounts.ts';
import { readIfThere, writeAtomically } from '../../atomic-file.ts';
import { ChainError } from '../../chain-error.ts';
import { reservePort } from '../../local/anvil-process.ts';
import { newMnemonic, writeMnemonic } from '../../mnemonic.ts';
import { cliqueChainId, cliqueGenesis } from './genesis.ts';
import { enodeOf, peersToml } from './peers.ts';

const recordSchema = z.strictObject({
  version: z.literal(1),
  chainId: z.int(),
  periodSeconds: z.int(),
  signers: z.array(
    z.strictObject({ address: z.string(), enode: z.string(), rpcPort: z.int(), p2pPort: z.int() }),
  ),
});

/** What a network is made of, as it lies in its directory: `network.json`. */
export type NetworkRecord = z.infer<typeof recordSchema>;

export type NewNetwork = { signers: number; periodSeconds: number; rpcPort: number };

/** For the accounts that hold the roles, once. Nothing costs anything here, but gas must be paid. */
const roleBalance = parseEther('1000000');
/** geth's own setting for a quick key store; the password lies beside it, so that more would slow its owner only. */
const scrypt = { N: 4096, r: 8, p: 6 };

/** @throws ChainError STATE_UNREADABLE */
export async function readNetwork(directory: string): Promise<NetworkRecord | undefined> {
  const file = join(directory, 'network.json');
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ChainError(
      'STATE_UNREADABLE',
      `${file} does not describe a network: restore it, or move its directory away to start over`,
      { cause },
    );
  }
}

/** Keys, ports and genesis of a new network, in files; the record last, so that a half-made one is made anew. */
export async function makeNetwork(directory: string, wanted: NewNetwork): Promise<NetworkRecord> {
  const mnemonic = newMnemonic();
  await writeMnemonic(join(directory, 'mnemonic'), mnemonic);
  const { admin, registrar } = deriveAccounts(mnemonic);
  const signers = [];
  for (let i = 0; i < wanted.signers; i++)
    signers.push(await makeSigner(join(directory, nodeName(i)), wanted, i));
  const record: NetworkRecord = {
    version: 1,
    chainId: cliqueChainId,
    periodSeconds: wanted.periodSeconds,
    signers,
  };
  const genesis = cliqueGenesis({
    chainId: cliqueChainId,
    periodSeconds: wanted.periodSeconds,
    signers: signers.map(({ address }) => address),
    balances: [admin, registrar].map(({ address }) => ({ address, wei: roleBalance })),
  });
  await writeFile(join(directory, 'genesis.json'), `${JSON.stringify(genesis, null, 2)}\n`);
  for (const [i, { enode }] of signers.entries()) {
    const others = signers.map((one) => one.enode).filter((one) => one !== enode);
    await writeFile(join(directory, nodeName(i), 'peers.toml'), peersToml(others));
  }
  await writeAtomically(join(directory, 'network.json'), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** The folder of a signer, counted from 0. */
export function nodeName(index: number): string {
  return `signer-${index + 1}`;
}

async function makeSigner(
  directory: string,
  { rpcPort }: NewNetwork,
  index: number,
): Promise<NetworkRecord['signers'][number]> {
  const keys = join(directory, 'data', 'keystore');
  const secret = { mode: 0o600 };
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await mkdir(join(directory, 'data', 'geth'), { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString('base64url');
  const { address, privateKey } = new Wallet(`0x${randomBytes(32).toString('hex')}`);
  await writeFile(join(directory, 'password'), `${password}\n`, secret);
  const keystore = encryptKeystoreJsonSync({ address, privateKey }, password, { scrypt });
  await writeFile(join(keys, 'signer.json'), keystore, secret);
  const nodeKey = randomBytes(32).toString('hex');
  await writeFile(join(directory, 'data', 'geth', 'nodekey'), nodeKey, secret);
  const p2pPort = await reservePort(0);
  return {
    address,
    enode: enodeOf(`0x${nodeKey}`, p2pPort),
    rpcPort: await reservePort(rpcPort === 0 ? 0 : rpcPort + index),
    p2pPort,
  };
}
