import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ChainError } from '../../chain-error.ts';
import { reservePort } from '../../local/anvil-process.ts';
import { type Lock, takeLock } from '../../local/lock.ts';
import { type SignerNode, openSignerNode } from './signer-node.ts';
import { findGeth } from './geth-binary.ts';
import { type NetworkRecord, makeNetwork, nodeName, readNetwork } from './network-record.ts';

export type CliqueOptions = {
  /** holds keys, genesis and the data of every node; made where it is missing */
  directory: string;
  /** default 3; a network that is there already keeps its number */
  signers?: number;
  /** between two blocks, default 1 s */
  periodSeconds?: number;
  /** of the first signer, the others follow; default 0, any that are free. A network that is there keeps its ports. */
  rpcPort?: number;
  /** told what geth says, by the signer's folder */
  onLine?: (line: string) => void;
};

/** A running network of geth nodes on loopback, one for each signer. */
export type CliqueNetwork = {
  chainId: number;
  periodSeconds: number;
  /** addresses, in the order of the nodes */
  signers: string[];
  /** BIP 39 phrase of the accounts (`deriveAccounts`); admin and registrar are funded by the genesis */
  mnemonic: string;
  directory: string;
  nodes: SignerNode[];
  /** whether the network went on from blocks of an earlier life */
  start: 'fresh' | 'resumed';
  /** ends every node, which writes its database; safe to call twice */
  stop: () => Promise<void>;
};

/** One seals alone and proves nothing; every node is a process of some 100 MB. */
const maxSigners = 9;

/**
 * Starts a Clique network, or goes on with the one in the directory: nodes first, then their peering, then sealing.
 * @throws ChainError GETH_MISSING, GETH_FAILED, ALREADY_RUNNING, PORT_TAKEN, STATE_UNREADABLE, REFUSED
 */
export async function startCliqueNetwork(options: CliqueOptions): Promise<CliqueNetwork> {
  const directory = resolve(options.directory);
  const geth = await findGeth(options.onLine);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await takeLock(join(directory, 'lock.json'));
  const nodes: SignerNode[] = [];
  try {
    const known = await readNetwork(directory);
    requireSameSigners(directory, known, options.signers);
    const record = known ?? (await makeNetwork(directory, newNetwork(options)));
    for (const [i, signer] of record.signers.entries()) {
      if (known !== undefined) for (const port of [signer.rpcPort, signer.p2pPort]) await reservePort(port);
      const name = nodeName(i);
      const node = openSignerNode({
        geth,
        directory: join(directory, name),
        genesisFile: join(directory, 'genesis.json'),
        chainId: record.chainId,
        ...signer,
        ipcPath: join(tmpdir(), `tianyuan-${shortHash(join(directory, name))}.ipc`),
        onLine: options.onLine && ((line) => options.onLine?.(`${name}: ${line}`)),
        onStarted: () => noteNodes(lock, nodes),
      });
      nodes.push(node);
      await node.start({ seal: false });
    }
    await Promise.all(nodes.map((node) => node.untilPeered(nodes.length - 1)));
    await untilSealing(nodes);
    return running(directory, record, known === undefined ? 'fresh' : 'resumed', nodes, lock, {
      mnemonic: (await readFile(join(directory, 'mnemonic'), 'utf8')).trim(),
    });
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    await lock.release();
    throw error;
  }
}

/** Looked at again after so long: on a machine that is busy, a first block takes some seconds. */
const sealingPatienceMs = 10_000;
const sealingTimeoutMs = 90_000;

/**
 * Starts sealing, and starts it anew where no block comes: a signer whose key was not unlocked yet, or whose peers were not
 * there yet, tries its first block once and then waits for somebody else's.
 * @throws ChainError GETH_FAILED
 */
async function untilSealing(nodes: SignerNode[]): Promise<void> {
  const deadline = Date.now() + sealingTimeoutMs;
  const height = async (): Promise<number> => Number(await nodes[0]!.ask('eth_blockNumber'));
  const before = await height();
  while (Date.now() < deadline) {
    for (const node of nodes) await node.seal();
    const lookedAgainAt = Date.now() + sealingPatienceMs;
    while (Date.now() < lookedAgainAt) {
      // One may be a signer's own; the next one is of another that followed it.
      if ((await height()) >= before + Math.min(2, nodes.length)) return;
      await delay(100);
    }
    for (const node of nodes) await node.ask('miner_stop');
  }
  throw new ChainError(
    'GETH_FAILED',
    `the signers made no block in ${sealingTimeoutMs / 1000} s: look at what they say, or start again`,
  );
}

function running(
  directory: string,
  { chainId, periodSeconds, signers }: NetworkRecord,
  start: CliqueNetwork['start'],
  nodes: SignerNode[],
  lock: Lock,
  { mnemonic }: { mnemonic: string },
): CliqueNetwork {
  return {
    chainId,
    periodSeconds,
    signers: signers.map(({ address }) => address),
    mnemonic,
    directory,
    nodes,
    start,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await lock.release();
    },
  };
}

/** A node that is started again later is another process: a keeper that dies leaves a note of all of them. */
async function noteNodes(lock: Lock, nodes: SignerNode[]): Promise<void> {
  await lock.noteChildren(nodes.flatMap((node) => node.pid() ?? []));
}

function newNetwork({ signers = 3, periodSeconds = 1, rpcPort = 0 }: CliqueOptions) {
  if (signers >= 1 && signers <= maxSigners) return { signers, periodSeconds, rpcPort };
  throw new ChainError('REFUSED', `a network has 1 to ${maxSigners} signers here, not ${signers}`);
}

function requireSameSigners(
  directory: string,
  known: NetworkRecord | undefined,
  wanted: number | undefined,
): void {
  if (known === undefined || wanted === undefined || known.signers.length === wanted) return;
  throw new ChainError(
    'REFUSED',
    `the network in ${directory} has ${known.signers.length} signers, not ${wanted}: go on with those, or give another ` +
      'directory (--dir)',
  );
}

/** A Unix socket's path is at most 107 bytes long, and a checkout may lie deep. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
