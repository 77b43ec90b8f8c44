import type { AnchorRecord, Position } from './chain-event.ts';
import { logId } from '@tianyuan/protocol';
import { hexlify } from 'ethers';
import { ChainError } from './chain-error.ts';
import { anchorLogInterface, organisationId } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import { type LogState, readLogState } from './log-state.ts';
import { type ChainNode, type NodeAddress, openNode } from './node.ts';
import { readEvents } from './read-events.ts';
import { grantAnchorer, readRole } from './roles.ts';
import { type Transactor, type TransactorOptions, openTransactor } from './transactor.ts';

export type HandOverOptions = Omit<NodeAddress, 'chainId'> &
  TransactorOptions & {
    /** where the log is, and where it goes on: contracts never change, a later release is another one */
    from: Deployment;
    to: Deployment;
    /** a node of the old contract's chain, where that is another one */
    fromRpcUrl?: string;
    origin: string;
    organisation: string;
    /** address of the account that appends from now on */
    anchorer: string;
    /** of the organisation's account, on both contracts */
    organisationKey: string;
  };

/** What was done; what is false had been done before. `size` is the head with which the log goes on. */
export type HandOverResult = { size: number; closed: boolean; opened: boolean; anchored: boolean };

/**
 * Moves a log to another contract: closes it on the old one, so that its head is the last, and anchors exactly that head,
 * with the gateway's own signature, as the first on the new one. Growth is checked from there on, so nobody can use the
 * move to rewrite what was anchored: compare the two `Appended` events. Repeated, it goes on where it stopped.
 * @throws ChainError LOG_UNKNOWN, STALE where the new contract has another head, and whatever sending meets
 */
export async function handOverLog(options: HandOverOptions): Promise<HandOverResult> {
  const { from, to, origin, rpcUrl, fromRpcUrl = rpcUrl, organisationKey } = options;
  const oldNode = openNode({ ...options, rpcUrl: fromRpcUrl, chainId: from.chainId });
  const newNode = openNode({ ...options, chainId: to.chainId });
  try {
    const oldAccount = openTransactor(oldNode, organisationKey, options);
    const newAccount = openTransactor(newNode, organisationKey, options);
    const closed = await closeOld(oldNode, oldAccount, from, origin);
    const last = await readLogState(oldNode, from, logId(origin));
    const opened = await openNew(newNode, newAccount, options);
    const anchored = last.size > 0 && (await anchorLast(oldNode, newNode, newAccount, options, last));
    const id = hexlify(logId(origin));
    await grantAnchorer(newNode, newAccount, to, { logId: id, account: options.anchorer });
    await renounceAnchorer(newNode, newAccount, options);
    return { size: last.size, closed, opened, anchored };
  } finally {
    oldNode.close();
    newNode.close();
  }
}

/** Without a successor: the log itself goes on, elsewhere. */
async function closeOld(
  node: ChainNode,
  account: Transactor,
  deployment: Deployment,
  origin: string,
): Promise<boolean> {
  const { phase } = await readLogState(node, deployment, logId(origin));
  if (phase === 'unknown') {
    throw new ChainError(
      'LOG_UNKNOWN',
      `${origin} was never opened on ${deployment.anchorLog.address}: open it anew`,
    );
  }
  if (phase === 'closed') return false;
  await call(account, deployment, 'closeLog', [hexlify(logId(origin)), `0x${'00'.repeat(32)}`]);
  return true;
}

/** The organisation's own account appends the first head; who appends later is granted afterwards. */
async function openNew(
  node: ChainNode,
  account: Transactor,
  { to, origin, organisation }: HandOverOptions,
): Promise<boolean> {
  const { phase, size } = await readLogState(node, to, logId(origin));
  if (phase === 'closed') {
    throw new ChainError('LOG_CLOSED', `${origin} is closed on the new contract, too: it goes on nowhere`);
  }
  const id = hexlify(logId(origin));
  if (phase === 'open') {
    if (size === 0) await grantAnchorer(node, account, to, { logId: id, account: account.address });
    return false;
  }
  await call(account, to, 'openLog', [id, organisationId(organisation), account.address]);
  return true;
}

async function anchorLast(
  oldNode: ChainNode,
  newNode: ChainNode,
  account: Transactor,
  { from, to, origin }: HandOverOptions,
  last: LogState,
): Promise<boolean> {
  const there = await readLogState(newNode, to, logId(origin));
  if (there.size > last.size) return false;
  if (there.size > 0 && hexlify(there.root) === hexlify(last.root)) return false;
  if (there.size > 0) {
    throw new ChainError(
      'STALE',
      `the new contract has ${there.size} entries of ${origin}, which the old one's ${last.size} were not handed over to: ` +
        'somebody else began this log there; open the log under a new origin',
    );
  }
  const { signature } = await readLastAnchor(oldNode, from, origin, last);
  await call(account, to, 'append', [hexlify(logId(origin)), last.size, last.root, [], signature]);
  return true;
}

async function readLastAnchor(
  node: ChainNode,
  deployment: Deployment,
  origin: string,
  { anchoredAtBlock: block, size }: LogState,
): Promise<Omit<AnchorRecord, keyof Position>> {
  const topics = [anchorLogInterface.getEvent('Appended')!.topicHash, hexlify(logId(origin))];
  const events = await node.ask((provider) =>
    readEvents(provider, deployment, { from: block, to: block }, topics),
  );
  const found = events.find((event) => event.kind === 'Appended' && event.size === size);
  if (found?.kind === 'Appended') return found;
  throw new ChainError(
    'REFUSED',
    `the old chain's node does not have the event of block ${block} that anchored ${origin} last: ask one that keeps receipts`,
  );
}

async function renounceAnchorer(
  node: ChainNode,
  account: Transactor,
  { to, origin, anchorer }: HandOverOptions,
): Promise<void> {
  if (anchorer.toLowerCase() === account.address.toLowerCase()) return;
  const role = await readRole(node, to, 'anchorerRole', hexlify(logId(origin)));
  await call(account, to, 'renounceRole', [role, account.address]);
}

async function call(
  account: Transactor,
  deployment: Deployment,
  name: string,
  args: unknown[],
): Promise<void> {
  const data = anchorLogInterface.encodeFunctionData(name, args);
  await account.confirm(await account.send({ to: deployment.anchorLog.address, data }));
}
