import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { verifySignature } from './ed25519.ts';
import type { VerifyAnswer, VerifyRequest } from './verify-many-worker.ts';

/** `publicKey` 32 bytes, `signature` 64. */
export type Signed = { publicKey: Uint8Array; message: Uint8Array; signature: Uint8Array };

/** Fewer are verified where they are: a thread's answer would take longer. Some 2 ms of signatures. */
const fewest = 32;

type Waiting = { resolve: (valid: boolean[]) => void; reject: (error: Error) => void };
/** `loaded` resolves when the thread has loaded its modules or died: until then it cannot be stopped. */
type Seat = { worker: Worker; loaded: Promise<void>; waiting: Map<number, Waiting> };

let seats: Seat[] = [];
let nextBatch = 0;

/**
 * Verifies on other threads, of which the first call of the process starts one a core: half of what taking an upload costs
 * is signatures, and pages wait for none of it. They keep the process alive while they load and while they have work, and
 * no longer: Node 24 aborts a process that ends while a thread of it loads a CommonJS module (nodejs/node#63323).
 * @returns in the order given; rejects where a thread died, and then nothing is known
 */
export function verifyMany(signed: readonly Signed[]): Promise<boolean[]> {
  const isOdd = signed.some(({ publicKey, signature }) => publicKey.length !== 32 || signature.length !== 64);
  if (signed.length < fewest || isOdd) {
    return Promise.resolve(
      signed.map(({ publicKey, message, signature }) => verifySignature(publicKey, message, signature)),
    );
  }
  if (seats.length === 0) seats = Array.from({ length: availableParallelism() }, takeSeat);
  const seat = seats.reduce((least, one) => (one.waiting.size < least.waiting.size ? one : least));
  const batch = nextBatch++;
  return new Promise((resolve, reject) => {
    seat.waiting.set(batch, { resolve, reject });
    seat.worker.ref();
    const request = { batch, ...pack(signed) } satisfies VerifyRequest;
    seat.worker.postMessage(request, [request.bytes.buffer]);
  });
}

/** For who is about to call `process.exit`: resolves when every thread may be stopped. */
export async function verifiersLoaded(): Promise<void> {
  await Promise.all(seats.map(({ loaded }) => loaded));
}

function takeSeat(): Seat {
  const { promise: loaded, resolve: sayLoaded } = Promise.withResolvers<void>();
  const seat: Seat = {
    worker: new Worker(new URL('./verify-many-worker.ts', import.meta.url)),
    loaded,
    waiting: new Map(),
  };
  let cause: unknown;
  seat.worker.on('message', (answer: VerifyAnswer) => {
    if (answer === 'loaded') {
      sayLoaded();
    } else {
      seat.waiting.get(answer.batch)?.resolve(answer.valid);
      seat.waiting.delete(answer.batch);
    }
    if (seat.waiting.size === 0) seat.worker.unref();
  });
  seat.worker.on('error', (error) => {
    cause = error;
  });
  // Comes after every kind of death, and only once. The next call begins with fresh threads.
  seat.worker.on('exit', () => {
    seats = seats.filter((one) => one !== seat);
    sayLoaded();
    const error = new Error('a thread that verifies signatures has stopped', { cause });
    for (const { reject } of seat.waiting.values()) reject(error);
  });
  return seat;
}

function pack(signed: readonly Signed[]): { bytes: Uint8Array<ArrayBuffer>; lengths: number[] } {
  const lengths = signed.map(({ message }) => message.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length + 96, 0));
  let offset = 0;
  for (const { publicKey, message, signature } of signed) {
    bytes.set(publicKey, offset);
    bytes.set(signature, offset + 32);
    bytes.set(message, offset + 96);
    offset += 96 + message.length;
  }
  return { bytes, lengths };
}
