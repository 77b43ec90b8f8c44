import { bytesToHex } from '@tianyuan/protocol';
import { hexlify } from 'ethers';
import type { AnchorRecord } from './chain-event.ts';
import { ChainError } from './chain-error.ts';
import { type Phase, anchorLogInterface } from './contracts.ts';
import type { Deployment } from './deployment.ts';
import { explainRevert } from './explain.ts';
import { type BlockId, type Finality, type FinalityRule, readAnchorFinality } from './finality.ts';
import { type LogState, readLogState } from './log-state.ts';
import { type NodeHealth, openNode } from './node.ts';
import type { ToldAnchor } from './proven-anchors.ts';
import { readEvents } from './read-events.ts';
import { type ConfirmOptions, type TransactorOptions, openTransactor } from './transactor.ts';
import { bytes } from './view.ts';

export type AnchorConfig = TransactorOptions & {
  /** one node's URL, or several with commas between, the preferred one first */
  rpcUrl: string;
  deployment: Deployment;
  /** of the account that holds the log's anchorer role, 0x and 64 hex digits */
  privateKey: string;
  finality: FinalityRule;
  /** bound of every single request to the node, default 10 s */
  timeoutMs?: number;
};

/** What the contract knows of a log. Size 0 and a zero root before the first append. */
export type AnchoredHead = {
  phase: Phase;
  size: number;
  root: Uint8Array;
  /** block time of the last append, Unix ms; undefined before it */
  anchoredAtMs: number | undefined;
  /** the log that carries on after a closed one */
  successor: string | undefined;
};

/** `logId` and `root` are 32 bytes, `signature` the checkpoint's 64; `proof` is RFC 9162's, empty for the first append. */
export type AppendRequest = {
  logId: Uint8Array;
  size: number;
  root: Uint8Array;
  proof: Uint8Array[];
  signature: Uint8Array;
};

/** A log owner's side of the chain. Every method rejects with a ChainError and nothing else. */
export type AnchorClient = {
  /** the account that appends */
  address: string;
  chainId: number;
  /** @throws LOG_UNKNOWN */
  head: (logId: Uint8Array) => Promise<AnchoredHead>;
  /**
   * Broadcasts an append and gives its transaction's hash. Where the chain has this very head already, gives the hash of
   * the transaction that brought it: to append again after a lost answer is safe.
   */
  append: (request: AppendRequest) => Promise<string>;
  /** Waits until the append is in a block. @throws TRANSACTION_FAILED, ANCHOR_VANISHED, TIMEOUT */
  confirm: (transactionHash: string, options?: ConfirmOptions) => Promise<AnchorRecord>;
  /** what a transaction of this account in a block cost; nothing where another account sent it */
  costOf: (transactionHash: string) => Promise<AnchorCost>;
  /** `invented`: where validators are pinned, and the block that they sealed does not hold what the node said */
  finality: (anchor: BlockId & Omit<ToldAnchor, 'contract'>) => Promise<Finality | 'invented'>;
  /** the newest block: who names it in a signed statement proves "not before" */
  newestBlock: () => Promise<BlockId & { chainId: number }>;
  /** the nodes that are asked, and which of them are avoided */
  nodes: () => NodeHealth[];
  /** what the account has, wei */
  balance: () => Promise<bigint>;
  close: () => void;
};

export type AnchorCost = { gas: number; wei: bigint };

/** Asks the chain nothing yet: a gateway starts with the link down. */
export function connectAnchor(config: AnchorConfig): AnchorClient {
  const { deployment, finality } = config;
  const { chainId } = deployment;
  const contract = deployment.anchorLog.address;
  const node = openNode({ ...config, chainId });
  const transactor = openTransactor(node, config.privateKey, config);

  // In the order of the calls: each is proven against the head that the one before it left.
  let queue: Promise<unknown> = Promise.resolve();

  async function appendNow({ logId, size, root, proof, signature }: AppendRequest): Promise<string> {
    const head = await readLog(logId);
    const isThere = head.size === size && hexlify(head.root) === hexlify(root);
    if (isThere) return (await readAnchor(logId)).transactionHash;
    const data = anchorLogInterface.encodeFunctionData('append', [logId, size, root, proof, signature]);
    return transactor.send({ to: contract, data });
  }

  async function readLog(logId: Uint8Array): Promise<LogState> {
    const log = await readLogState(node, deployment, logId);
    if (log.phase === 'unknown')
      throw explainRevert(anchorLogInterface.encodeErrorResult('LogUnknown', [logId]));
    return log;
  }

  /** The event that brought the head which the log has now. */
  async function readAnchor(logId: Uint8Array): Promise<AnchorRecord> {
    const { anchoredAtBlock: block, size } = await readLog(logId);
    const topics = [anchorLogInterface.getEvent('Appended')!.topicHash, hexlify(logId)];
    const events = await node.ask((provider) =>
      readEvents(provider, deployment, { from: block, to: block }, topics),
    );
    const appended = events.find((event) => event.kind === 'Appended' && event.size === size);
    if (appended?.kind === 'Appended') return appended;
    throw new ChainError(
      'REFUSED',
      `the node at ${config.rpcUrl} has the head of log ${bytesToHex(logId)} but not the event of block ${block} that ` +
        'brought it: ask a node that keeps receipts',
    );
  }

  return {
    address: transactor.address,
    chainId,
    async head(logId) {
      const { phase, size, root, anchoredAt, successor } = await readLog(logId);
      return { phase, size, root, anchoredAtMs: anchoredAt === 0 ? undefined : anchoredAt * 1000, successor };
    },
    append(request) {
      const appended = queue.then(() => appendNow(request));
      queue = appended.catch(() => undefined);
      return appended;
    },
    async confirm(transactionHash, options) {
      const receipt = await transactor.confirm(transactionHash, options);
      const { blockNumber: block } = receipt;
      const events = await node.ask((provider) =>
        readEvents(provider, deployment, { from: block, to: block }),
      );
      const own = events.find(
        (event) => event.kind === 'Appended' && event.transactionHash === transactionHash,
      );
      // An append of the head that was there already says nothing: another transaction brought it.
      return own?.kind === 'Appended' ? own : readAnchor(await appendedLogOf(transactionHash));
    },
    async costOf(transactionHash) {
      const receipt = await node.ask((provider) => provider.getTransactionReceipt(transactionHash));
      if (receipt === null || receipt.from.toLowerCase() !== transactor.address.toLowerCase())
        return { gas: 0, wei: 0n };
      return { gas: Number(receipt.gasUsed), wei: receipt.fee };
    },
    async finality(anchor) {
      const told = [{ ...anchor, contract }];
      const settled = await node.ask((provider) => readAnchorFinality(anchor, told, finality, provider));
      return settled.invented.length === 0 ? settled.finality : 'invented';
    },
    newestBlock: () =>
      node.ask(async (provider) => {
        const block = (await provider.getBlock('latest'))!;
        return { chainId, blockNumber: block.number, blockHash: block.hash! };
      }),
    nodes: node.health,
    balance: () => node.ask((provider) => provider.getBalance(transactor.address)),
    close: node.close,
  };

  async function appendedLogOf(transactionHash: string): Promise<Uint8Array> {
    const transaction = await node.ask((provider) => provider.getTransaction(transactionHash));
    const call = transaction && anchorLogInterface.parseTransaction(transaction);
    if (call?.name === 'append') return bytes.parse(call.args['logId']);
    throw new ChainError(
      'REFUSED',
      `transaction ${transactionHash} is no append: confirm what \`append\` gave`,
    );
  }
}
