import { Worker } from 'node:worker_threads';
import { GatewayError } from '../gateway-error.ts';
import type { WorkerAnswer, WorkerRequest } from './verify-worker.ts';
import type { Keyring, Verdict } from './verify-message.ts';

export type Unverified = { device: string; payload: Uint8Array };

export type VerifyPool = {
  /** Verdicts in the order of the messages. Rejects when the thread died: nothing may be acknowledged then. */
  verify: (messages: readonly Unverified[], keyring: Keyring) => Promise<Verdict[]>;
  close: () => Promise<void>;
};

/**
 * Of a thread's heap. What a batch leaves behind is dead at once, so a larger nursery only keeps more of it resident: V8
 * let that of the main thread grow to 128 MB. The old generation keeps V8's own bound: the keyring is as large as the farm.
 */
const maxYoungGenerationSizeMb = 4;

type Waiting = { resolve: (verdicts: Verdict[]) => void; reject: (error: Error) => void };

/** One thread and what it was asked. A thread that died takes its seat along; the next batch gets a new one. */
type Seat = {
  worker: Worker;
  /** Resolves when the thread has loaded its modules or died. Node 24 aborts the process when it is stopped while it loads. */
  loaded: Promise<void>;
  keyring: Keyring | undefined;
  waiting: Map<number, Waiting>;
  stopped: boolean;
};

/** Signatures are two thirds of the agent's work: they run on other threads, the commit does not. */
export function openVerifyPool(threads: number): VerifyPool {
  const seats: Seat[] = Array.from({ length: threads }, takeSeat);
  let nextBatch = 0;
  let closed = false;

  /** The least busy seat. A dead one has nothing waiting, so it is soon chosen and replaced, and never in a tight loop. */
  function chooseSeat(): Seat {
    const chosen = seats.reduce((least, one) => (one.waiting.size < least.waiting.size ? one : least));
    if (!chosen.stopped) return chosen;
    const fresh = takeSeat();
    seats[seats.indexOf(chosen)] = fresh;
    return fresh;
  }

  return {
    verify(messages, keyring) {
      if (closed) return Promise.reject(new GatewayError('VERIFIER', 'the gateway is stopping'));
      const seat = chooseSeat();
      if (seat.keyring !== keyring) {
        seat.worker.postMessage({ keyring } satisfies WorkerRequest);
        seat.keyring = keyring;
      }
      const batch = nextBatch++;
      return new Promise((resolve, reject) => {
        seat.waiting.set(batch, { resolve, reject });
        const request = toRequest(batch, messages);
        seat.worker.postMessage(request, [request.payloads.buffer]);
      });
    },
    async close() {
      closed = true;
      for (const seat of seats) rejectAll(seat, new GatewayError('VERIFIER', 'the gateway is stopping'));
      await Promise.all(seats.map(({ worker, loaded }) => loaded.then(() => worker.terminate())));
    },
  };
}

function takeSeat(): Seat {
  const worker = new Worker(new URL('./verify-worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb },
  });
  const { promise: loaded, resolve: sayLoaded } = Promise.withResolvers<void>();
  const seat: Seat = { worker, loaded, keyring: undefined, waiting: new Map(), stopped: false };
  let cause: unknown;
  worker.on('message', (answer: WorkerAnswer) => {
    if (answer === 'loaded') {
      sayLoaded();
      return;
    }
    seat.waiting.get(answer.batch)?.resolve(answer.verdicts);
    seat.waiting.delete(answer.batch);
  });
  worker.on('error', (error) => {
    cause = error;
  });
  // Comes after every kind of death, an error included, and only once.
  worker.on('exit', () => {
    seat.stopped = true;
    sayLoaded();
    rejectAll(
      seat,
      new GatewayError('VERIFIER', 'the thread that verifies signatures has stopped', { cause }),
    );
  });
  return seat;
}

function rejectAll(seat: Seat, error: GatewayError): void {
  for (const { reject } of seat.waiting.values()) reject(error);
  seat.waiting.clear();
}

function toRequest(batch: number, messages: readonly Unverified[]) {
  const lengths = messages.map(({ payload }) => payload.length);
  const payloads = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const { payload } of messages) {
    payloads.set(payload, offset);
    offset += payload.length;
  }
  return {
    batch,
    payloads,
    lengths,
    identities: messages.map(({ device }) => device),
  } satisfies WorkerRequest;
}
