import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChainError } from '../../chain-error.ts';
import type { Consortium, ConsortiumNode } from './consortium.ts';
import { qbftGenesis } from './genesis.ts';
import { type Peer, type Role, enodeOf, nodeConfig, permissionsConfig } from './node-config.ts';
import { identityOf, identityOfPublicKey, newNodeKey } from './node-key.ts';
import { composeFile, serviceUnit } from './service-files.ts';

export type WrittenNode = { name: string; role: Role; address: string; enode: string; madeKey: boolean };

/**
 * A folder for each node, to be handed to its organisation and to nobody else, and the genesis. Keys are made for the nodes
 * that name none.
 * @param genesis of a network that exists: a node that joins it later gets that one
 * @throws ChainError REFUSED where the directory is there already: it may hold keys
 */
export async function writeNetwork(
  directory: string,
  consortium: Consortium,
  genesis?: string,
): Promise<WrittenNode[]> {
  const keys = new Map<string, string>();
  const withRole =
    (role: Role) =>
    (node: ConsortiumNode): Peer => {
      if (node.publicKey !== undefined) return { ...node, role, ...identityOfPublicKey(node.publicKey) };
      const key = newNodeKey();
      keys.set(node.name, key);
      return { ...node, role, ...identityOf(key) };
    };
  const validators = consortium.validators.map(withRole('validator'));
  const nodes = [...validators, ...consortium.members.map(withRole('member'))];
  const genesisText =
    genesis ??
    json(
      qbftGenesis(
        consortium,
        validators.map(({ address }) => address),
      ),
    );

  await makeNew(directory);
  await writeFile(join(directory, 'genesis.json'), genesisText);
  // What the members of the consortium may know of each other.
  const written = nodes.map((node) => ({
    name: node.name,
    role: node.role,
    address: node.address,
    enode: enodeOf(node),
    madeKey: keys.has(node.name),
  }));
  await writeFile(join(directory, 'nodes.json'), json(written.map(({ madeKey: _, ...node }) => node)));
  for (const node of nodes) {
    const others = nodes.filter(({ name }) => name !== node.name);
    await writeNode(join(directory, node.name), node, others, consortium, genesisText, keys.get(node.name));
  }
  return written;
}

async function writeNode(
  directory: string,
  node: Peer,
  others: Peer[],
  consortium: Consortium,
  genesis: string,
  key: string | undefined,
): Promise<void> {
  const data = join(directory, 'data');
  await mkdir(data, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'genesis.json'), genesis);
  await writeFile(join(directory, 'config.toml'), nodeConfig(node, others, consortium));
  await writeFile(join(directory, 'static-nodes.json'), json(others.map(enodeOf)));
  await writeFile(join(directory, 'compose.yaml'), composeFile(node));
  await writeFile(join(directory, 'besu.service'), serviceUnit(node));
  await writeFile(join(data, 'permissions_config.toml'), permissionsConfig(others, consortium));
  if (key !== undefined) await writeFile(join(data, 'key'), key, { mode: 0o600 });
}

async function makeNew(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (cause) {
    throw new ChainError(
      'REFUSED',
      `${directory} can't be made anew (${(cause as Error).message}): name a directory that is not there; one that is may ` +
        'hold keys',
      { cause },
    );
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
