import {
  type SignText,
  logSignature,
  parseCheckpoint,
  signCheckpoint,
  verifyConsistency,
} from '@tianyuan/protocol';
import { GatewayError } from '../gateway-error.ts';
import type { Store } from '../keep/store.ts';
import type { GatewayKey } from './gateway-key.ts';
import type { Log } from './log.ts';
import { succeedInstead } from './restoration.ts';

type Head = { size: number; root: Uint8Array };

export type SignedHead = Head & {
  /** the C2SP signed note */
  note: string;
  /** the log's 64-byte Ed25519 signature in it */
  signature: Uint8Array;
};

export type Checkpoints = {
  /** The signed checkpoint at a size > 0 that the log has reached, on disk before it is returned. */
  at: (size: number) => SignedHead;
  latest: () => SignedHead | undefined;
  /** Throws what {@link Checkpoints.at} would throw for the log as it is now, and signs nothing. */
  requireSignable: () => void;
};

/**
 * Signs heads of the log. All are prefixes of one append-only table, so no two should be inconsistent, and since a
 * signature cannot be taken back, that is proven before each; and none is handed out before it is on disk, so a restart
 * knows what the world may hold.
 * @throws GatewayError STORE_FAILED when the store no longer has what it signed
 */
export function openCheckpoints(
  { sqlite }: Store,
  log: Log,
  {
    origin,
    key,
    sign,
    now,
    requireProven = () => {},
  }: {
    origin: string;
    key: GatewayKey;
    sign: SignText;
    now: () => number;
    /** throws while nothing new may be signed, see restoration.ts */
    requireProven?: () => void;
  },
): Checkpoints {
  const select = sqlite.prepare('SELECT note FROM checkpoints WHERE size = ?').pluck();
  const selectLatest = sqlite.prepare('SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1').pluck();
  const insert = sqlite.prepare('INSERT INTO checkpoints (size, root, note, signed_at) VALUES (?, ?, ?, ?)');

  const toHead = (note: string): SignedHead => {
    const checkpoint = parseCheckpoint(note);
    const { size, root } = checkpoint;
    return { size, root, note, signature: logSignature(checkpoint, key.publicKey)!.bytes };
  };

  const latest = (): SignedHead | undefined => {
    const note = selectLatest.get() as string | undefined;
    return note === undefined ? undefined : toHead(note);
  };

  const growsInto = (older: Head, newer: Head): boolean =>
    newer.size <= log.size() &&
    verifyConsistency({
      size1: older.size,
      size2: newer.size,
      root1: older.root,
      root2: newer.root,
      proof: log.consistencyProof(older.size, newer.size),
    });

  const proveConsistent = (head: Head): void => {
    const signed = latest();
    if (
      signed === undefined ||
      (signed.size <= head.size ? growsInto(signed, head) : growsInto(head, signed))
    )
      return;
    throw new GatewayError(
      'STORE_FAILED',
      `this store's log of ${origin} has ${log.size()} entries that do not grow out of the ${signed.size} that were signed ` +
        `already: it is damaged or older. Restore the newest backup, or ${succeedInstead}`,
    );
  };
  const requireSignable = (): void => {
    requireProven();
    proveConsistent({ size: log.size(), root: log.root() });
  };
  proveConsistent({ size: log.size(), root: log.root() });

  return {
    at(size) {
      const existing = select.get(size) as string | undefined;
      if (existing !== undefined) return toHead(existing);
      requireProven();
      const root = log.rootAt(size);
      proveConsistent({ size, root });
      const note = signCheckpoint({ origin, size, root }, key.publicKey, sign);
      insert.run(size, root, note, now());
      return toHead(note);
    },
    latest,
    requireSignable,
  };
}
