import { bytesToHex } from '@tianyuan/protocol';
import { AbiCoder, type JsonRpcProvider, hexlify, id, keccak256 } from 'ethers';
import { z } from 'zod';
import type { AppendRequest } from './anchor-client.ts';
import { ChainError } from './chain-error.ts';
import { anchorLogInterface } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import { explainRevert, findRevertData } from './explain.ts';
import { type LogState, readLogState } from './log-state.ts';
import { type ChainNode, openNode } from './node.ts';
import { readRole } from './roles.ts';
import { type ConfirmOptions, type TransactorOptions, openTransactor } from './transactor.ts';
import { readView } from './view.ts';

export type HubConfig = TransactorOptions & {
  rpcUrl: string;
  deployment: Deployment;
  /** of the account that holds the anchorer role of each log it is to anchor, 0x and 64 hex digits */
  privateKey: string;
  /** bound of every single request to the node, default 10 s */
  timeoutMs?: number;
};

/** What the contract has of a log, and whether this account may append to it. */
export type HubLog = LogState & { mayAppend: boolean };

/** What became of a batch: sent in one transaction, left out with the contract's reason, or too much for one transaction or block. */
export type SentBatch = {
  /** undefined where nothing was left to send */
  transactionHash: string | undefined;
  sent: AppendRequest[];
  leftOut: { request: AppendRequest; reason: ChainError }[];
  postponed: AppendRequest[];
};

/** The chain as an account sees it that anchors for many logs. Every method rejects with a ChainError and nothing else. */
export type HubClient = {
  address: string;
  /** `logId` is 32 bytes */
  readLog: (logId: Uint8Array) => Promise<HubLog>;
  /**
   * One `appendMany` of all requests that the contract takes as the chain is now. A request that it refuses is found by
   * the error that names its log and left out; of what does not fit into a block, or a transaction, the last ones are postponed.
   */
  appendMany: (requests: readonly AppendRequest[]) => Promise<SentBatch>;
  /** Waits until the transaction is in a block. @returns the block, and gas used */
  confirm: (
    transactionHash: string,
    options?: ConfirmOptions,
  ) => Promise<{ blockNumber: number; gasUsed: number }>;
  close: () => void;
};

/** A block is shared with others, and what is appended may cost more by the time it is in one (a revocation's mark). */
const shareOfBlock = 0.8;

/**
 * geth and its kin refuse a transaction of more than 128 KiB, and only when it is sent: their estimate says nothing of it.
 * 1 KiB of that is for what a transaction has besides. Each log takes about 1 KiB.
 */
const oversizedFromBytes = 127 * 1024;

/** Asks the chain nothing yet. */
export function connectHub(config: HubConfig): HubClient {
  const { deployment } = config;
  const to = deployment.anchorLog.address;
  const node = openNode({ ...config, chainId: deployment.chainId });
  const transactor = openTransactor(node, config.privateKey, config);
  /** learnt from the node's first refusal */
  let maxBytes = Number.POSITIVE_INFINITY;

  async function sendFitting(requests: readonly AppendRequest[]): Promise<SentBatch> {
    const fitting = await fit(node, { from: transactor.address, to, maxBytes }, requests);
    const { sent } = fitting;
    const transactionHash =
      sent.length === 0 ? undefined : await transactor.send({ to, data: encodeAppends(sent) });
    return { ...fitting, transactionHash };
  }

  return {
    address: transactor.address,
    async readLog(logId) {
      const contract = { address: to, abi: anchorLogInterface };
      const role = await readRole(node, deployment, 'anchorerRole', hexlify(logId));
      const [log, mayAppend] = await Promise.all([
        readLogState(node, deployment, logId),
        readView(node, contract, 'hasRole', [role, transactor.address], z.boolean()),
      ]);
      return { ...log, mayAppend };
    },
    async appendMany(requests) {
      try {
        return await sendFitting(requests);
      } catch (error) {
        if (maxBytes === oversizedFromBytes || !isOversized(error)) throw error;
        maxBytes = oversizedFromBytes;
        return sendFitting(requests);
      }
    },
    async confirm(transactionHash, options) {
      const { blockNumber, gasUsed } = await transactor.confirm(transactionHash, options);
      return { blockNumber, gasUsed: Number(gasUsed) };
    },
    close: node.close,
  };
}

/** Tries until what is left is taken: each try leaves one out or makes the batch smaller, so it ends. */
async function fit(
  node: ChainNode,
  call: { from: string; to: string; maxBytes: number },
  requests: readonly AppendRequest[],
): Promise<Omit<SentBatch, 'transactionHash'>> {
  let sent = [...requests];
  const leftOut: SentBatch['leftOut'] = [];
  const postponed: AppendRequest[] = [];
  const keepFirst = (count: number): void => {
    postponed.unshift(...sent.slice(count));
    sent = sent.slice(0, count);
  };
  const leaveOut = (request: AppendRequest, reason: ChainError): void => {
    leftOut.push({ request, reason });
    sent = sent.filter((one) => one !== request);
  };
  while (sent.length > 0) {
    const data = encodeAppends(sent);
    const tried = await node.ask((provider) => tryCall(provider, { ...call, data }));
    switch (tried.outcome) {
      case 'fits':
        return { sent, leftOut, postponed };
      case 'reverts': {
        const culprit = findCulprit(tried.data, sent);
        if (culprit === undefined) throw explainRevert(tried.data);
        leaveOut(culprit, explainRevert(tried.data));
        break;
      }
      case 'too much':
        if (sent.length > 1) keepFirst(Math.max(1, Math.floor(sent.length * tried.share)));
        else leaveOut(sent[0]!, tooMuchAlone(sent[0]!));
        break;
      default:
        tried satisfies never;
    }
  }
  return { sent, leftOut, postponed };
}

type Tried =
  | { outcome: 'fits' }
  | { outcome: 'reverts'; data: string }
  /** `share` is about how much of it does fit, below 1 */
  | { outcome: 'too much'; share: number };

async function tryCall(
  provider: JsonRpcProvider,
  { maxBytes, ...call }: { from: string; to: string; maxBytes: number; data: string },
): Promise<Tried> {
  const bytes = (call.data.length - 2) / 2;
  if (bytes > maxBytes) return { outcome: 'too much', share: maxBytes / bytes };
  const room = Number((await provider.getBlock('latest'))!.gasLimit) * shareOfBlock;
  try {
    const gas = Number(await provider.send('eth_estimateGas', [provider.getRpcTransaction(call), 'latest']));
    return gas <= room ? { outcome: 'fits' } : { outcome: 'too much', share: room / gas };
  } catch (error) {
    const data = findRevertData(error);
    if (data !== undefined) return { outcome: 'reverts', data };
    // Nodes word it differently: "gas required exceeds allowance", "out of gas", "oversized data".
    if (/gas required exceeds|out ?of ?gas|exceeds block gas|oversized/i.test(messageOf(error))) {
      return { outcome: 'too much', share: 0.5 };
    }
    throw error;
  }
}

const isOversized = (error: unknown): boolean =>
  error instanceof ChainError && /oversized/i.test(error.message);

/** The request that an error of the contract is about: it names the log, or the role of the log's anchorer. */
function findCulprit(data: string, requests: readonly AppendRequest[]): AppendRequest | undefined {
  const error = anchorLogInterface.parseError(data);
  if (error === null) return undefined;
  const args = error.args.toObject() as { logId?: string; neededRole?: string };
  return requests.find(
    ({ logId }) => args.logId === hexlify(logId) || args.neededRole === anchorerRole(hexlify(logId)),
  );
}

const roles = { anchorer: id('tianyuan.anchorer') };

/** AnchorLog.anchorerRole, without asking. */
function anchorerRole(logId: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32'], [roles.anchorer, logId]));
}

function encodeAppends(requests: readonly AppendRequest[]): string {
  const appends = requests.map(({ logId, size, root, proof, signature }) => [
    logId,
    size,
    root,
    proof,
    signature,
  ]);
  return anchorLogInterface.encodeFunctionData('appendMany', [appends]);
}

function tooMuchAlone({ logId }: AppendRequest): ChainError {
  return new ChainError(
    'REFUSED',
    `an append of log ${bytesToHex(logId)} alone does not fit into a block of this chain: raise its block gas limit`,
  );
}

function messageOf(error: unknown): string {
  const {
    message,
    error: inner,
    info,
  } = error as {
    message?: string;
    error?: { message?: string };
    info?: { error?: { message?: string } };
  };
  return [message, inner?.message, info?.error?.message].filter(Boolean).join(' ');
}
