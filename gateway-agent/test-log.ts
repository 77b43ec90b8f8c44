import {
  type EntryKind,
  encodeEntry,
  newSecretKey,
  publicKeyOf,
  sha256,
  signEd25519,
} from '@tianyuan/protocol';
import type { Store } from './keep/store.ts';
import { type Checkpoints, openCheckpoints } from './log/checkpoints.ts';
import { type Log, openLog } from './log/log.ts';

export const testOrigin = 'gw-1.example/log';

/** A stored log with its checkpoints, and a hand that appends to it. */
export type TestLog = {
  log: Log;
  checkpoints: Checkpoints;
  publicKey: Uint8Array;
  /** appends so many entries with payloads `payload 0`, `payload 1`, … */
  append: (count: number, payloadBytes?: number) => void;
};

export function openTestLog(
  store: Store,
  secretKey: Uint8Array = newSecretKey(),
  requireProven: () => void = () => {},
): TestLog {
  const log = openLog(store);
  const key = { secretKey, publicKey: publicKeyOf(secretKey) };
  const checkpoints = openCheckpoints(store, log, {
    origin: testOrigin,
    key,
    sign: (text) => signEd25519(secretKey, text),
    now: () => 42,
    requireProven,
  });
  const appendAll = store.sqlite.transaction((count: number, payloadBytes: number) => {
    for (let i = 0; i < count; i++) {
      const payload = Buffer.from(`payload ${log.size()}`.padEnd(payloadBytes));
      log.append(entryOf('message', payload), payload, null);
    }
  });
  return {
    log,
    checkpoints,
    publicKey: key.publicKey,
    append: (count, payloadBytes = 0) => appendAll(count, payloadBytes),
  };
}

function entryOf(kind: EntryKind, payload: Uint8Array): Uint8Array {
  const payloadHash = sha256(payload);
  return encodeEntry({
    kind,
    clock: 'unknown',
    receivedAt: 1_800_000_000_000,
    boot: 1,
    sinceBootMs: 0,
    payloadHash,
  });
}
