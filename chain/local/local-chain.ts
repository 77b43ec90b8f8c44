import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonRpcOver } from '@tianyuan/protocol';
import { parseEther, toQuantity } from 'ethers';
import { deriveAccounts } from '../accounts.ts';
import { ChainError } from '../chain-error.ts';
import { newMnemonic, readMnemonic, writeMnemonic } from '../mnemonic.ts';
import {
  type AnvilExit,
  localChainId,
  reservePort,
  spawnAnvil,
  stateIntervalMs,
  untilReady,
} from './anvil-process.ts';
import { type Lock, takeLock } from './lock.ts';
import { type SavedState, recoverState, saveState, sizeOf } from './state-file.ts';

export { localChainId, stateIntervalMs };

export const defaultPort = 8545;

const stopTimeoutMs = 20_000;
const saveEveryMs = 100;
const largeStateMegabytes = 100;
/** For the accounts that hold the roles, once. Nothing costs anything here, but gas must be paid. */
const roleBalance = parseEther('1000000');

export type LocalChainOptions = {
  /** holds the chain's state, its phrase and its lock; made where it is missing */
  directory: string;
  /** default 8545; 0 for any that is free */
  port?: number;
  /** told what anvil prints, which is little but errors */
  onLine?: (line: string) => void;
};

export type LocalChain = {
  rpcUrl: string;
  chainId: number;
  /** BIP 39 phrase of the accounts (`deriveAccounts`); admin and registrar are funded */
  mnemonic: string;
  /** what the finality rule of kind `anvil` wants to know */
  stateFile: string;
  /** recovered: the last stop tore the state file and the copy was taken, so the last second may be missing */
  start: 'fresh' | 'intact' | 'recovered';
  anvilPid: number;
  /** resolves when anvil has ended, whoever ended it */
  exited: Promise<AnvilExit>;
  /** stops anvil, which writes its state; safe to call twice */
  stop: () => Promise<void>;
};

/**
 * Starts anvil on loopback: London, a block for every transaction, its state kept in `directory`.
 *
 * The phrase is generated once and kept for the owner's eyes: with the public test phrase of the Ethereum tools, anybody
 * who reaches the port could sign as the gateway. Reaching the port is still enough to rewrite this chain through anvil's
 * own methods, which is why it listens on loopback, answers no browser, and proves things to its owner only.
 * @throws ChainError PORT_TAKEN, ALREADY_RUNNING, STATE_UNREADABLE, ACCOUNT_UNREADABLE, ANVIL_MISSING, ANVIL_FAILED
 */
export async function startLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await takeLock(join(directory, 'lock.json'));
  try {
    return await startLocked(directory, options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startLocked(directory: string, options: LocalChainOptions, lock: Lock): Promise<LocalChain> {
  const stateFile = join(directory, 'state.json');
  const start = await recoverState(stateFile);
  await warnOfSize(stateFile, options.onLine);
  const mnemonic = await loadMnemonic(join(directory, 'mnemonic'), start);
  const port = await reservePort(options.port ?? defaultPort);
  const anvil = spawnAnvil(stateFile, port, options.onLine);
  const { rpcUrl } = anvil;
  let saved: SavedState | undefined;
  const saving = new AbortController();
  const saver = saveRepeatedly();
  const exited = anvil.exited.then(async (exit) => {
    saving.abort();
    await saver;
    await save(); // what anvil wrote at its end
    await lock.release();
    return exit;
  });

  async function saveRepeatedly(): Promise<void> {
    while (!saving.signal.aborted) {
      await save();
      await delay(saveEveryMs, undefined, { signal: saving.signal }).catch(() => undefined);
    }
  }

  async function save(): Promise<void> {
    try {
      saved = await saveState(stateFile, saved);
    } catch (error) {
      options.onLine?.(
        `the state file could not be copied, so nothing becomes final: ${(error as Error).message}`,
      );
    }
  }

  async function stop(): Promise<void> {
    anvil.process.kill('SIGTERM');
    const killer = setTimeout(() => anvil.process.kill('SIGKILL'), stopTimeoutMs);
    await exited;
    clearTimeout(killer);
  }

  try {
    await lock.noteChildren([anvil.process.pid!]);
    await untilReady(anvil);
    const { admin, registrar } = deriveAccounts(mnemonic);
    for (const { address } of [admin, registrar]) await fund(rpcUrl, address);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    rpcUrl,
    chainId: localChainId,
    mnemonic,
    stateFile,
    start,
    anvilPid: anvil.process.pid!,
    exited,
    stop,
  };
}

async function loadMnemonic(file: string, start: LocalChain['start']): Promise<string> {
  const known = await readMnemonic(file);
  if (known !== undefined) return known;
  if (start !== 'fresh') {
    throw new ChainError(
      'ACCOUNT_UNREADABLE',
      `${file} is gone, and with it the accounts that hold every role on this chain: restore it, or start over with a ` +
        'fresh chain by moving its directory away',
    );
  }
  const mnemonic = newMnemonic();
  await writeMnemonic(file, mnemonic);
  return mnemonic;
}

/** anvil keeps all of the chain's past in one file, some 12 KB for an anchor, and writes all of it every time. */
async function warnOfSize(stateFile: string, onLine: LocalChainOptions['onLine']): Promise<void> {
  const megabytes = (await sizeOf(stateFile)) / 2 ** 20;
  if (megabytes < largeStateMegabytes) return;
  onLine?.(
    `the local chain's state has grown to ${Math.round(megabytes)} MB and is written every second: anchor less often, or ` +
      'move to a network of validators',
  );
}

async function fund(rpcUrl: string, account: string): Promise<void> {
  const rpc = jsonRpcOver(rpcUrl);
  if (BigInt((await rpc('eth_getBalance', [account, 'latest'])) as string) > 0n) return;
  await rpc('anvil_setBalance', [account, toQuantity(roleBalance)]);
}
