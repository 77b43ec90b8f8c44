import type { Queries } from '@tianyuan/platform';
import { isAcceptablePublicKey } from '@tianyuan/protocol';
import { eq, gt, inArray } from 'drizzle-orm';
import type { ChainEvent } from '@tianyuan/chain';
import { keyCuts, keys } from '../database/schema.ts';

export type KeyEvent = Extract<ChainEvent, { kind: 'KeyEnrolled' | 'KeyRotated' | 'KeyRevoked' | 'KeyCut' }>;

/** Repeats in the mirror what the registry on the chain did with a key. Applied twice, an event changes nothing. */
export async function applyKeyEvent(tx: Queries, event: KeyEvent): Promise<void> {
  const { publicKey } = event;
  switch (event.kind) {
    case 'KeyEnrolled': {
      // The chain refuses small orders; that a key is in the prime-order subgroup takes curve arithmetic (PROTOCOL 1).
      if (!isAcceptablePublicKey(publicKey)) return;
      const { subject, keyNumber, transactionHash, blockNumber, logIndex: eventIndex } = event;
      const record = { subject, keyNumber, transactionHash, blockNumber, eventIndex, enrolled: true };
      await tx
        .insert(keys)
        .values({ ...record, publicKey, stale: false })
        .onConflictDoUpdate({ target: keys.publicKey, set: { ...record, stale: true } });
      return;
    }
    case 'KeyRotated': {
      const { lastBoot, lastSeq, blockNumber: rotatedBlock } = event;
      await tx
        .update(keys)
        .set({ lastBoot, lastSeq, rotatedBlock, stale: true })
        .where(eq(keys.publicKey, publicKey));
      return;
    }
    case 'KeyRevoked':
      await tx
        .update(keys)
        .set({ revokedBlock: event.blockNumber, revokedEvent: event.logIndex, stale: true })
        .where(eq(keys.publicKey, publicKey));
      return;
    case 'KeyCut': {
      const { logId, fromIndex, blockNumber, logIndex: eventIndex } = event;
      await tx
        .insert(keyCuts)
        .values({ publicKey, logId, fromIndex, blockNumber, eventIndex })
        .onConflictDoNothing();
      await tx.update(keys).set({ stale: true }).where(eq(keys.publicKey, publicKey));
      return;
    }
    default:
      event satisfies never;
  }
}

/** Takes back what blocks after `lastBlock` did: the chain has others in their place, or lost them. */
export async function rewindKeys(tx: Queries, lastBlock: number): Promise<void> {
  await tx
    .update(keys)
    .set({ revokedBlock: null, revokedEvent: null, stale: true })
    .where(gt(keys.revokedBlock, lastBlock));
  await tx
    .update(keys)
    .set({ lastBoot: null, lastSeq: null, rotatedBlock: null, stale: true })
    .where(gt(keys.rotatedBlock, lastBlock));
  const cutAfter = tx
    .select({ publicKey: keyCuts.publicKey })
    .from(keyCuts)
    .where(gt(keyCuts.blockNumber, lastBlock));
  await tx.update(keys).set({ stale: true }).where(inArray(keys.publicKey, cutAfter));
  await tx.delete(keyCuts).where(gt(keyCuts.blockNumber, lastBlock));
  await tx.update(keys).set({ enrolled: false, stale: true }).where(gt(keys.blockNumber, lastBlock));
}
