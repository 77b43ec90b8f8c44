import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jsonRpcOver } from '@tianyuan/protocol';
import { ChainError } from '../../chain-error.ts';
import { askIpc } from './ask-ipc.ts';

const run = promisify(execFile);
const host = '127.0.0.1';
const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;

/** Where a node lives; all files are made before it starts. */
export type GethPlace = {
  geth: string;
  directory: string;
  genesisFile: string;
  chainId: number;
  /** of the signer, whose key store and password lie in the directory */
  address: string;
  rpcPort: number;
  p2pPort: number;
  ipcPath: string;
  /** told what geth says, which is errors */
  onLine?: ((line: string) => void) | undefined;
};

export type GethExit = { code: number | null; signal: NodeJS.Signals | null };

/** A running geth. It seals nothing until `miner_start`. */
export type GethProcess = {
  pid: number;
  exited: Promise<GethExit>;
  /** over its local socket, which serves every namespace */
  ask: (method: string, params?: unknown[]) => Promise<unknown>;
  /** lets it write its database; kills it where it does not end */
  stop: () => Promise<void>;
  kill: (signal: NodeJS.Signals) => void;
};

/** Starts a node on its data, after laying that down where it is new. @throws ChainError GETH_FAILED */
export async function startGeth(place: GethPlace): Promise<GethProcess> {
  await layDown(place);
  const child = spawn(place.geth, settings(place), { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
        lines.push(line);
        if (lines.length > 20) lines.shift();
        place.onLine?.(line);
      }
    });
  }
  const exited = new Promise<GethExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  await untilReady(place, child, () => lines.join('\n'));
  return {
    pid: child.pid!,
    exited,
    ask: (method, params) => askIpc(place.ipcPath, method, params),
    async stop() {
      child.kill('SIGCONT'); // one that is paused hears nothing else
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await exited;
      clearTimeout(killer);
    },
    kill: (signal) => void child.kill(signal),
  };
}

function settings({ directory, address, rpcPort, p2pPort, ipcPath, chainId }: GethPlace): string[] {
  return [
    ['--config', join(directory, 'peers.toml')],
    ['--datadir', join(directory, 'data')],
    ['--networkid', String(chainId)],
    ['--port', String(p2pPort)],
    // Nobody is looked for, nobody is let in from elsewhere.
    ['--nodiscover', '--nat', 'none', '--netrestrict', '127.0.0.0/8'],
    [
      '--http',
      '--http.addr',
      host,
      '--http.port',
      String(rpcPort),
      '--http.api',
      'eth,net,web3,clique,txpool',
    ],
    // The engine's port, which a Clique chain has no use for, is opened all the same: anywhere.
    ['--authrpc.addr', host, '--authrpc.port', '0'],
    ['--ipcpath', ipcPath],
    ['--unlock', address, '--password', join(directory, 'password'), '--allow-insecure-unlock'],
    ['--miner.etherbase', address],
    // Every block's state is written with it. Otherwise geth keeps the last 128 in memory, and a network that loses power as
    // a whole goes back to where each node last wrote: to the first block, where it never stopped.
    ['--syncmode', 'full', '--gcmode', 'archive', '--state.scheme', 'hash', '--snapshot=false'],
    // Errors only: a signer that waits for its turn says so as a warning, every block.
    ['--cache', '32', '--verbosity', '1'],
  ].flat();
}

async function layDown({ geth, directory, genesisFile }: GethPlace): Promise<void> {
  const data = join(directory, 'data');
  try {
    await access(join(data, 'geth', 'chaindata', 'CURRENT'));
  } catch {
    try {
      await run(geth, ['init', '--datadir', data, '--state.scheme', 'hash', genesisFile]);
    } catch (cause) {
      throw new ChainError('GETH_FAILED', `geth refuses ${genesisFile}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

async function untilReady(place: GethPlace, child: ChildProcess, said: () => string): Promise<void> {
  const rpc = jsonRpcOver(`http://${host}:${place.rpcPort}`, 2000);
  const deadline = Date.now() + startTimeoutMs;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    try {
      await rpc('eth_chainId', []);
      // Its key is unlocked a moment after the ports are open, and a signer that cannot sign yet tries once and then waits for
      // somebody else's block: all of them together, for ever.
      await askIpc(place.ipcPath, 'eth_sign', [place.address, '0x00']);
      return;
    } catch {
      await delay(50);
    }
  }
  const ended = child.exitCode !== null || child.signalCode !== null;
  child.kill('SIGKILL');
  throw new ChainError(
    'GETH_FAILED',
    `geth in ${place.directory} ${ended ? 'ended at once' : `did not answer within ${startTimeoutMs / 1000} s`} and said: ` +
      (said() || 'nothing'),
  );
}
