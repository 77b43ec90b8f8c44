import { setTimeout as delay } from 'node:timers/promises';
import { ExponentialBackoff, fullJitterGenerator, handleWhen, retry } from 'cockatiel';
import { type JsonRpcProvider, keccak256 } from 'ethers';
import type { ChainEvent } from './chain-event.ts';
import { ChainError, isPassing } from './chain-error.ts';
import { type Cursor, type SeenBlock, advance } from './cursor.ts';
import type { Deployment } from './deployment.ts';
import { openNode } from './node.ts';
import { readEvents } from './read-events.ts';

export type FollowOptions = {
  rpcUrl: string;
  deployment: Deployment;
  /** the one of the last step that was dealt with; absent to begin where the contracts were deployed */
  cursor?: Cursor | undefined;
  signal: AbortSignal;
  /** how often a chain without news is asked, default 500 ms */
  pollMs?: number;
  /** blocks asked for at once, default 2,000: nodes bound what they answer */
  maxBlocks?: number;
  /** bound of every single request to the node, default 10 s */
  timeoutMs?: number;
  /** told of every try that the node did not answer, and when the next one is */
  onOutage?: (error: unknown, retryInMs: number) => void;
};

/** Each step is to be dealt with before the next is asked for, and its cursor kept in the same stroke. */
export type FollowStep =
  /** in the chain's order; empty where blocks came and none of them had any */
  | { kind: 'events'; events: ChainEvent[]; cursor: Cursor }
  /**
   * The chain went back. Whatever came of blocks above `toBlock` is no more; those that are still there come again.
   * `toBlock` is -1 where it is another chain altogether.
   */
  | { kind: 'rollback'; toBlock: number; cursor: Cursor };

/** A node that is behind its cluster looks like a chain that lost blocks: how often it must look so to be believed. */
const behindBeforeRollback = 3;

/**
 * Follows both contracts for ever, from the cursor on, over outages of the node. Ends when the signal aborts.
 * @throws ChainError DEPLOYMENT_OF_OTHER_CHAIN or CONTRACT_MISSING where the chain was replaced: read the deployment
 * record again and follow anew with the same cursor; WRONG_CHAIN_ID
 */
export async function* followAnchors(options: FollowOptions): AsyncGenerator<FollowStep, void, void> {
  const { deployment, signal, pollMs = 500, maxBlocks = 2000 } = options;
  const node = openNode({ ...options, chainId: deployment.chainId });
  const patiently = retry(handleWhen(mayPass), {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({
      generator: fullJitterGenerator,
      initialDelay: pollMs,
      maxDelay: 30_000,
    }),
  });
  patiently.onRetry((event) => options.onOutage?.('error' in event ? event.error : undefined, event.delay));
  const ask = <T>(question: (provider: JsonRpcProvider) => Promise<T>): Promise<T> =>
    patiently.execute(() => node.ask(question), signal);

  let cursor = options.cursor;
  let behind = 0;

  async function nextStep(provider: JsonRpcProvider, at: Cursor): Promise<FollowStep | undefined> {
    const tip = at.recent[0]!;
    const there = await provider.getBlock(tip.number);
    behind = there === null ? behind + 1 : 0;
    if (there === null && behind < behindBeforeRollback) return undefined;
    if (there?.hash !== tip.hash) return rollback(provider, deployment, at);
    const newest = await provider.getBlockNumber();
    if (newest <= tip.number) return undefined;
    const to = Math.min(newest, tip.number + maxBlocks);
    return readRange(provider, deployment, at, to);
  }

  try {
    await ask((provider) => requireContracts(provider, options));
    if (cursor !== undefined && cursor.genesisHash !== deployment.genesisHash) {
      cursor = await ask((provider) => startCursor(provider, deployment));
      yield { kind: 'rollback', toBlock: -1, cursor };
    }
    cursor ??= await ask((provider) => startCursor(provider, deployment));
    while (!signal.aborted) {
      const at: Cursor = cursor;
      const step = await ask((provider) => nextStep(provider, at));
      if (step === undefined) {
        await delay(pollMs, undefined, { signal });
        continue;
      }
      cursor = step.cursor;
      yield step;
      if (step.kind === 'rollback') await ask((provider) => requireContracts(provider, options));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    node.close();
  }
}

/** A cluster's nodes differ for a moment, and refuse what another one has told of. */
function mayPass(error: unknown): boolean {
  return isPassing(error) || (error instanceof ChainError && error.code === 'REFUSED');
}

/** All events up to block `to`; undefined where the chain changed while it was read. */
async function readRange(
  provider: JsonRpcProvider,
  deployment: Deployment,
  at: Cursor,
  to: number,
): Promise<FollowStep | undefined> {
  const before = await provider.getBlock(to);
  const events = await readEvents(provider, deployment, { from: at.recent[0]!.number + 1, to });
  const after = await provider.getBlock(to);
  if (before === null || before.hash !== after?.hash) return undefined;
  return { kind: 'events', events, cursor: advance(at, seen(before)) };
}

/** Back to the newest of the seen blocks that the chain still has. */
async function rollback(provider: JsonRpcProvider, deployment: Deployment, at: Cursor): Promise<FollowStep> {
  for (const [i, block] of at.recent.entries()) {
    if ((await provider.getBlock(block.number))?.hash !== block.hash) continue;
    return { kind: 'rollback', toBlock: block.number, cursor: { ...at, recent: at.recent.slice(i) } };
  }
  await requireGenesis(provider, deployment);
  const cursor = await startCursor(provider, deployment);
  return { kind: 'rollback', toBlock: cursor.recent[0]!.number, cursor };
}

/** Before the first block that can hold an event. */
async function startCursor(provider: JsonRpcProvider, deployment: Deployment): Promise<Cursor> {
  const start = Math.max(
    0,
    Math.min(deployment.anchorLog.blockNumber, deployment.deviceRegistry.blockNumber) - 1,
  );
  const block = await provider.getBlock(start);
  if (block === null) throw ofOtherChain(`has no block ${start}`);
  return { genesisHash: deployment.genesisHash, recent: [seen(block)] };
}

async function requireContracts(
  provider: JsonRpcProvider,
  { deployment, rpcUrl }: FollowOptions,
): Promise<void> {
  await requireGenesis(provider, deployment);
  for (const { address, codeHash } of [deployment.anchorLog, deployment.deviceRegistry]) {
    if (keccak256(await provider.getCode(address)) === codeHash) continue;
    throw new ChainError(
      'CONTRACT_MISSING',
      `the chain at ${rpcUrl} has no longer the contract at ${address} that the deployment record names: deploy again ` +
        '(`chain deploy --replace`) and read the new record',
    );
  }
}

async function requireGenesis(provider: JsonRpcProvider, deployment: Deployment): Promise<void> {
  const genesis = await provider.getBlock(0);
  if (genesis?.hash !== deployment.genesisHash) throw ofOtherChain(`began with block ${genesis?.hash}`);
}

function ofOtherChain(how: string): ChainError {
  return new ChainError(
    'DEPLOYMENT_OF_OTHER_CHAIN',
    `the chain ${how}, which is not the one of the deployment record: read the record again; if it is the newest, the ` +
      'node is of another chain',
  );
}

function seen(block: { number: number; hash: string | null }): SeenBlock {
  return { number: block.number, hash: block.hash! };
}
