import { setTimeout as delay } from 'node:timers/promises';
import { type JsonRpcProvider, type TransactionReceipt, Wallet, isError, keccak256 } from 'ethers';
import { ChainError } from './chain-error.ts';
import { insufficientFunds } from './explain.ts';
import type { ChainNode } from './node.ts';

/** What is sent: `to` is absent where a contract is created. */
type Call = { to?: string; data?: string; value?: bigint };

/** How an account's transactions are sent and waited for. */
export type TransactorOptions = {
  /** fixed price in wei, 0n for chains that charge nothing; asked of the node where absent */
  gasPrice?: bigint;
  /** wei a gas that no transaction offers more than, a replacement neither; no bound where absent */
  maxFeePerGas?: bigint;
  /** how long an earlier transaction may wait for a block before it is replaced, default 60 s */
  stuckAfterMs?: number;
  /** how often a transaction is looked for, default 250 ms */
  pollMs?: number;
};

/** Sends the transactions of one account, one after the other. An account belongs to one transactor at a time. */
export type Transactor = {
  address: string;
  /** Simulates, signs and broadcasts; resolves with the transaction's hash. A refusal costs nothing. */
  send: (call: Call) => Promise<string>;
  /** Waits until a transaction is in a block and has succeeded there. */
  confirm: (transactionHash: string, options?: ConfirmOptions) => Promise<TransactionReceipt>;
};

export type ConfirmOptions = { timeoutMs?: number; signal?: AbortSignal };

/** Beyond the estimate: a key revoked before the block makes the next append of every log dearer by up to 45,000. */
const gasReserve = 60_000n;
/** A node that has just been given a transaction may be another one of its cluster than the one that is asked. */
const vanishGraceMs = 2000;

/** A fee 64 times the asked one is no longer about the fee. */
const maxReplacements = 6;

export function openTransactor(
  node: ChainNode,
  privateKey: string,
  options: TransactorOptions = {},
): Transactor {
  const { stuckAfterMs = 60_000, pollMs = 250 } = options;
  const wallet = walletOf(privateKey);
  let queue: Promise<unknown> = Promise.resolve();
  /** monotonic ms since when the oldest of our transactions waits, as far as we know */
  let waitingSince: number | undefined;
  let replacements = 0;
  /** what we offered last, for the nonce that it was for: who takes its place must offer more */
  let offered: { nonce: number; fees: Fees } | undefined;

  /**
   * The node knows the next nonce; a count of ours would be wrong after a restart, of us or of the chain. It is always the
   * first that is in no block: where an earlier one was lost and later ones wait behind the gap, that fills it.
   */
  async function nextNonce(provider: JsonRpcProvider): Promise<number> {
    const [mined, known] = await Promise.all([
      provider.getTransactionCount(wallet.address, 'latest'),
      provider.getTransactionCount(wallet.address, 'pending'),
    ]);
    if (known <= mined) {
      waitingSince = undefined;
      replacements = 0;
      return mined;
    }
    waitingSince ??= performance.now();
    if (performance.now() - waitingSince < stuckAfterMs) throw stillPending(wallet.address, known - mined);
    // Stuck, mostly by a fee that was too low: take the place of the oldest one, for twice the fee each time.
    if (replacements === maxReplacements) throw givenUp(wallet.address, `after ${replacements} replacements`);
    waitingSince = performance.now();
    replacements += 1;
    return mined;
  }

  async function sendNow(provider: JsonRpcProvider, call: Call): Promise<string> {
    const nonce = await nextNonce(provider);
    const gas = await estimateGas(provider, { ...call, from: wallet.address });
    const asked = raise(await readFees(provider, options.gasPrice), 2n ** BigInt(replacements));
    const before = replacements > 0 && offered?.nonce === nonce ? offered.fees : undefined;
    const fees = atMost(
      before === undefined ? asked : dearer(asked, raise(before, 2n)),
      options.maxFeePerGas,
    );
    if (before !== undefined && fees.perGas <= before.perGas) {
      throw givenUp(wallet.address, `at a fee of ${fees.perGas} wei a gas, which is as much as it may offer`);
    }
    const gasLimit = await withReserve(provider, gas);
    const needed = gasLimit * fees.perGas + (call.value ?? 0n);
    const balance = await provider.getBalance(wallet.address);
    if (balance < needed) throw insufficientFunds(wallet.address, balance, needed);
    const signed = await wallet.signTransaction({
      ...call,
      ...feeFields(fees),
      chainId: node.chainId,
      nonce,
      gasLimit,
    });
    try {
      await provider.send('eth_sendRawTransaction', [signed]);
    } catch (error) {
      if (isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED')) {
        throw stillPending(wallet.address, 1, error);
      }
      if (!/already known/i.test(String(error))) throw error;
    }
    offered = { nonce, fees };
    waitingSince ??= performance.now();
    return keccak256(signed);
  }

  return {
    address: wallet.address,
    send(call) {
      const sent = queue.then(() => node.ask((provider) => sendNow(provider, call)));
      queue = sent.catch(() => undefined);
      return sent;
    },
    confirm: (transactionHash, confirmOptions) => confirm(node, transactionHash, pollMs, confirmOptions),
  };
}

async function confirm(
  node: ChainNode,
  transactionHash: string,
  pollMs: number,
  { timeoutMs = 120_000, signal }: ConfirmOptions = {},
): Promise<TransactionReceipt> {
  const started = Date.now();
  let unknownSince: number | undefined;
  for (;;) {
    const receipt = await node.ask((provider) => provider.getTransactionReceipt(transactionHash));
    if (receipt?.status === 1) return receipt;
    if (receipt !== null) throw failedInBlock(transactionHash, receipt.blockNumber);
    const isKnown = (await node.ask((provider) => provider.getTransaction(transactionHash))) !== null;
    unknownSince = isKnown ? undefined : (unknownSince ?? Date.now());
    if (unknownSince !== undefined && Date.now() - unknownSince >= vanishGraceMs)
      throw vanished(transactionHash, node);
    if (Date.now() - started >= timeoutMs) {
      throw new ChainError(
        'TIMEOUT',
        `transaction ${transactionHash} is in no block after ${Math.round(timeoutMs / 1000)} s: it may still come; look ` +
          'whether the chain makes blocks',
      );
    }
    await delay(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** On the newest block: some nodes count in what waits, which a transaction that takes its place would not find. */
async function estimateGas(provider: JsonRpcProvider, call: Call & { from: string }): Promise<bigint> {
  const transaction = provider.getRpcTransaction(call);
  return BigInt((await provider.send('eth_estimateGas', [transaction, 'latest'])) as string);
}

/** As much of the reserve as a block has room for: a transaction that offers more than that is taken by no node. */
async function withReserve(provider: JsonRpcProvider, gas: bigint): Promise<bigint> {
  const wanted = gas + gasReserve;
  const room = (await provider.getBlock('latest'))?.gasLimit ?? wanted;
  if (wanted <= room) return wanted;
  return room > gas ? room : gas;
}

/** Wei a gas. `tip` is what a chain with EIP-1559 fees pays to the proposer; undefined on one without. */
type Fees = { perGas: bigint; tip: bigint | undefined };

async function readFees(provider: JsonRpcProvider, gasPrice: bigint | undefined): Promise<Fees> {
  if (gasPrice !== undefined) return { perGas: gasPrice, tip: undefined };
  const asked = await provider.getFeeData();
  if (asked.maxFeePerGas !== null && asked.maxPriorityFeePerGas !== null)
    return { perGas: asked.maxFeePerGas, tip: asked.maxPriorityFeePerGas };
  return { perGas: asked.gasPrice ?? 0n, tip: undefined };
}

function raise({ perGas, tip }: Fees, factor: bigint): Fees {
  return { perGas: perGas * factor, tip: tip === undefined ? undefined : tip * factor };
}

function dearer(a: Fees, b: Fees): Fees {
  const larger = (x: bigint, y: bigint): bigint => (x > y ? x : y);
  return {
    perGas: larger(a.perGas, b.perGas),
    tip: a.tip === undefined ? undefined : larger(a.tip, b.tip ?? 0n),
  };
}

function atMost({ perGas, tip }: Fees, bound: bigint | undefined): Fees {
  if (bound === undefined || perGas <= bound) return { perGas, tip };
  return { perGas: bound, tip: tip !== undefined && tip > bound ? bound : tip };
}

function feeFields({ perGas, tip }: Fees): object {
  return tip === undefined
    ? { type: 0, gasPrice: perGas }
    : { type: 2, maxFeePerGas: perGas, maxPriorityFeePerGas: tip };
}

function walletOf(privateKey: string): Wallet {
  try {
    return new Wallet(privateKey.trim());
  } catch {
    // Neither the key nor ethers' message, which holds it, goes any further.
    throw new ChainError(
      'ACCOUNT_UNREADABLE',
      'the account key is not 32 bytes in hex: correct the key file',
    );
  }
}

function stillPending(account: string, count: number, cause?: unknown): ChainError {
  return new ChainError(
    'TRANSACTION_PENDING',
    `${count} earlier transaction(s) of ${account} wait for a block: try again in a moment; if no other program uses this ` +
      'account, look whether the chain makes blocks',
    { cause },
  );
}

function givenUp(account: string, how: string): ChainError {
  return new ChainError(
    'TRANSACTION_PENDING',
    `a transaction of ${account} is in no block ${how}: look whether the chain makes blocks, and what it charges; it is ` +
      'not replaced any more until it is in a block or forgotten',
  );
}

function failedInBlock(transactionHash: string, blockNumber: number): ChainError {
  return new ChainError(
    'TRANSACTION_FAILED',
    `transaction ${transactionHash} failed in block ${blockNumber}: something it relied on changed after it was sent; ` +
      'read the state again and send anew',
  );
}

function vanished(transactionHash: string, node: ChainNode): ChainError {
  return new ChainError(
    'ANCHOR_VANISHED',
    `the chain at ${node.rpcUrl} knows nothing of transaction ${transactionHash}: it was lost with the chain's last ` +
      'second; read the head again and append anew',
  );
}
