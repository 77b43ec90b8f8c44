import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ChainError } from '../../chain-error.ts';
import { type GethPlace, type GethProcess, startGeth } from './geth-node.ts';

/** One signer of a network: its process can end and be started again on its data. */
export type SignerNode = {
  address: string;
  rpcUrl: string;
  enode: string;
  /** undefined while it does not run */
  pid: () => number | undefined;
  /** `seal: false` leaves it following only. @throws ChainError GETH_FAILED */
  start: (options?: { seal: boolean }) => Promise<void>;
  seal: () => Promise<void>;
  /** waits until it has so many peers, or for `timeoutMs` */
  untilPeered: (count: number, timeoutMs?: number) => Promise<void>;
  /** any method of any namespace. @throws ChainError NODE_UNREACHABLE, REFUSED */
  ask: (method: string, params?: unknown[]) => Promise<unknown>;
  /** SIGSTOP: its connections stay open and nothing is answered */
  pause: () => void;
  resume: () => void;
  /** SIGKILL: what it had not written, and its mempool, are gone */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
  /** resolves when the process that runs now has ended, whoever ended it */
  ended: () => Promise<void>;
};

export type SignerPlace = GethPlace & { enode: string; onStarted: () => Promise<void> };

const peeredTimeoutMs = 20_000;
/** A signer that comes back looks for its peers first; it may be the first that comes back. */
const comeBackTimeoutMs = 5000;

export function openSignerNode(place: SignerPlace): SignerNode {
  let running: GethProcess | undefined;

  function ask(method: string, params: unknown[] = []): Promise<unknown> {
    if (running !== undefined) return running.ask(method, params);
    throw new ChainError('NODE_UNREACHABLE', `the node in ${place.directory} does not run: start it`);
  }

  async function untilPeered(count: number, timeoutMs = peeredTimeoutMs): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (peerCount(await ask('net_peerCount')) < count && Date.now() < deadline) await delay(50);
  }

  return {
    address: place.address,
    rpcUrl: `http://127.0.0.1:${place.rpcPort}`,
    enode: place.enode,
    pid: () => running?.pid,
    ask,
    untilPeered,
    async start({ seal } = { seal: true }) {
      const started = await startGeth(place);
      running = started;
      void started.exited.then(() => (running = running === started ? undefined : running));
      await place.onStarted();
      if (!seal) return;
      await untilPeered(1, comeBackTimeoutMs);
      await ask('miner_start');
    },
    async seal() {
      await ask('miner_start');
    },
    pause: () => running?.kill('SIGSTOP'),
    resume: () => running?.kill('SIGCONT'),
    async kill() {
      const ending = running;
      ending?.kill('SIGKILL');
      await ending?.exited;
    },
    async stop() {
      await running?.stop();
    },
    async ended() {
      await running?.exited;
    },
  };
}

function peerCount(answer: unknown): number {
  return Number(z.string().parse(answer));
}
