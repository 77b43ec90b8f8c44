import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonRpcOver } from '@tianyuan/protocol';
import { ChainError } from '../chain-error.ts';
import { findAnvil } from './anvil-binary.ts';

/** "ty" and 1. In no public list of chains, so that no wallet takes the local chain for another. */
export const localChainId = 0x7479_0001;
/** How often anvil writes its state file. A crash loses at most what came after the last write. */
export const stateIntervalMs = 1000;

const host = '127.0.0.1';
const startTimeoutMs = 20_000;

export type AnvilExit = { code: number | null; signal: NodeJS.Signals | null };

/** A running anvil. */
export type Anvil = {
  process: ChildProcess;
  port: number;
  rpcUrl: string;
  exited: Promise<AnvilExit>;
  lastLines: () => string;
};

/** Starts anvil on its state file; it is not ready yet. @throws ChainError ANVIL_MISSING */
export function spawnAnvil(stateFile: string, port: number, onLine?: (line: string) => void): Anvil {
  const settings = [
    ['--host', host],
    ['--port', String(port)],
    ['--chain-id', String(localChainId)],
    ['--hardfork', 'london'],
    ['--state', stateFile],
    ['--state-interval', String(stateIntervalMs / 1000)],
    // States of so many blocks, in memory only. With none but the newest, anvil refuses a call that a block overtakes.
    ['--prune-history', '100'],
    ['--accounts', '0'], // no account that anvil itself would sign for
    ['--no-cors'],
    ['--quiet'],
  ].flat();
  // In a process group of its own: a Ctrl-C in the terminal shall not reach it before those who still write to it.
  const child = spawn(findAnvil(), settings, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
        lines.push(line);
        if (lines.length > 20) lines.shift();
        onLine?.(line);
      }
    });
  }
  const exited = new Promise<AnvilExit>((resolveExit) => {
    child.once('close', (code, signal) => resolveExit({ code, signal }));
    child.once('error', (error) => {
      lines.push(error.message);
      resolveExit({ code: null, signal: null });
    });
  });
  return {
    process: child,
    exited,
    lastLines: () => lines.join('\n'),
    port,
    rpcUrl: `http://${host}:${port}`,
  };
}

/** @throws ChainError PORT_TAKEN, ANVIL_FAILED */
export async function untilReady(anvil: Anvil): Promise<void> {
  const rpc = jsonRpcOver(anvil.rpcUrl, 2000);
  const deadline = Date.now() + startTimeoutMs;
  const ended = new AbortController();
  void anvil.exited.then(() => ended.abort());
  while (!ended.signal.aborted && Date.now() < deadline) {
    try {
      await rpc('eth_chainId', []);
      return;
    } catch {
      await delay(20);
    }
  }
  if (anvil.lastLines().includes('Address already in use')) throw portTaken(anvil.port);
  const how = ended.signal.aborted ? 'ended at once' : `did not answer within ${startTimeoutMs / 1000} s`;
  throw new ChainError('ANVIL_FAILED', `anvil ${how} and said: ${anvil.lastLines() || 'nothing'}`);
}

/** Binds the port for a moment: a taken one is known before anything is started. */
export async function reservePort(port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolvePort, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? portTaken(port) : cause);
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

function portTaken(port: number): ChainError {
  return new ChainError(
    'PORT_TAKEN',
    `port ${port} on ${host} is taken by another program: stop that, or give the local chain another port (0 for any)`,
  );
}
