import { equalBytes, utf8ToBytes } from '../encoding/bytes.ts';
import type { ExaminedEvidence } from '../evidence/examine-evidence.ts';
import { sha256 } from '../sha256.ts';
import type { RegisteredKey, WantedKey } from './registry.ts';

/**
 * What the bundle's evidence proves of a key: what the registry had at the anchor's block. Undefined where the evidence
 * does not show it, or nobody who is trusted vouches for the block.
 * @param index of the entry in its log; of a log's key the last one that the checkpoint covers
 */
export function provenKey(
  { keys, seals, event, blockNumber }: Extract<ExaminedEvidence, { state: 'sound' }>,
  {
    subject,
    key,
    whose,
    publicKey,
    index,
  }: WantedKey & { whose: 'device' | 'log'; publicKey: Uint8Array; index: number | undefined },
): RegisteredKey | undefined {
  const record = keys?.[whose];
  if (record === undefined || seals.authentic.status !== 'passed') return undefined;
  // It may have been enrolled since: messages of a device that nobody knew yet are logged all the same.
  if (record.status === 'unknown') {
    return unknown(
      `该密钥在第 ${blockNumber} 个区块尚未登记`,
      `the registry did not have the key at block ${blockNumber}`,
    );
  }
  // A key belongs to one subject for ever, so this contradicts.
  if (record.keyNumber !== key || !equalBytes(record.subject, sha256(utf8ToBytes(subject))))
    return { state: 'missing' };
  const { end } = record;
  const enrolled = {
    state: 'enrolled',
    publicKey,
    asOfBlock: blockNumber,
    ...(end !== undefined && { end }),
  } as const;
  if (record.status !== 'revoked') return enrolled;
  if (record.cutFrom !== undefined) return { ...enrolled, revokedFrom: record.cutFrom };
  // Nothing was said of this log, so what follows the size that it had anchored at that moment is suspect. That is at
  // most the size before this anchor, if the moment was an earlier block; more than that the evidence does not show.
  const isLater = index === undefined || index >= event.oldSize;
  if (record.revokedAtBlock < blockNumber && isLater) return { ...enrolled, suspectFrom: event.oldSize };
  return unknown(
    `密钥在第 ${record.revokedAtBlock} 个区块被吊销，所附证据看不出从哪一条起`,
    `the key was revoked in block ${record.revokedAtBlock}, and the evidence does not show from which entry on`,
  );
}

function unknown(zh: string, en: string): RegisteredKey {
  return { state: 'unknown', reason: { zh, en } };
}
