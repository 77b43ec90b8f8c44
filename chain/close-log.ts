import { logId } from '@tianyuan/protocol';
import { hexlify } from 'ethers';
import { ChainError } from './chain-error.ts';
import { anchorLogInterface, bareHex } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import { type LogState, readLogState } from './log-state.ts';
import { type ChainNode, type NodeAddress, openNode } from './node.ts';
import { type TransactorOptions, openTransactor } from './transactor.ts';

export type CloseLogOptions = Omit<NodeAddress, 'chainId'> &
  TransactorOptions & {
    deployment: Deployment;
    /** origin of the log to close, and of the one that carries on; the successor is open on the contract already */
    origin: string;
    successor: string;
    /** of the account with the role of the log's organisation */
    organisationKey: string;
  };

/** A log that takes no more: its last anchored head, which nothing can move any more. Size 0 where it had none. */
export type ClosedLog = {
  /** 64 hex digits */
  logId: string;
  size: number;
  /** 32 bytes, zero for size 0 */
  root: Uint8Array;
  /** 64 hex digits */
  successor: string | undefined;
};

/**
 * Closes a log whose gateway is lost in favour of a successor. Again with the same successor changes nothing.
 * @returns the closed log, and whether this call closed it
 * @throws ChainError LOG_UNKNOWN, LOG_CLOSED with another successor, MISSING_ROLE and whatever sending meets
 */
export async function closeLog(options: CloseLogOptions): Promise<ClosedLog & { isNew: boolean }> {
  const { deployment, origin, successor, organisationKey } = options;
  const node = openNode({ ...options, chainId: deployment.chainId });
  try {
    const before = await readLogState(node, deployment, logId(origin));
    if (before.phase === 'closed')
      return { ...(await closed(node, deployment, origin, successor)), isNew: false };
    if (before.phase === 'unknown') throw neverOpened(origin);
    const next = await readLogState(node, deployment, logId(successor));
    if (next.phase !== 'open') {
      throw new ChainError(
        'LOG_UNKNOWN',
        `the successor ${successor} is ${next.phase === 'closed' ? 'closed itself' : 'not opened'}: open it first ` +
          '(`chain enrol`), with the key of the new gateway',
      );
    }
    const organisation = openTransactor(node, organisationKey, options);
    const data = anchorLogInterface.encodeFunctionData('closeLog', [
      hexlify(logId(origin)),
      hexlify(logId(successor)),
    ]);
    await organisation.confirm(await organisation.send({ to: deployment.anchorLog.address, data }));
    return { ...(await closed(node, deployment, origin, successor)), isNew: true };
  } finally {
    node.close();
  }
}

/** What the chain says of a closed log. @throws ChainError LOG_UNKNOWN; NOT_CLOSED while it is open */
export async function readClosedLog(
  address: Omit<NodeAddress, 'chainId'>,
  deployment: Deployment,
  origin: string,
): Promise<ClosedLog> {
  const node = openNode({ ...address, chainId: deployment.chainId });
  try {
    return toClosed(origin, await readLogState(node, deployment, logId(origin)));
  } finally {
    node.close();
  }
}

async function closed(
  node: ChainNode,
  deployment: Deployment,
  origin: string,
  successor: string,
): Promise<ClosedLog> {
  const log = toClosed(origin, await readLogState(node, deployment, logId(origin)));
  if (log.successor === bareHex(logId(successor))) return log;
  throw new ChainError(
    'LOG_CLOSED',
    `${origin} was closed in favour of ${log.successor ?? 'no other log'}, not of ${successor}: a log is closed once`,
  );
}

function toClosed(origin: string, { phase, size, root, successor }: LogState): ClosedLog {
  if (phase === 'unknown') throw neverOpened(origin);
  if (phase === 'open') {
    throw new ChainError(
      'NOT_CLOSED',
      `log ${origin} is open and may still grow: close it first (\`chain close-log\`), so that its last head is certain`,
    );
  }
  return { logId: bareHex(logId(origin)), size, root: new Uint8Array(root), successor };
}

function neverOpened(origin: string): ChainError {
  return new ChainError('LOG_UNKNOWN', `log ${origin} was never opened on this chain: is that its origin?`);
}
