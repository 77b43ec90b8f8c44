import { randomBytes } from 'node:crypto';
import type { AnchorClient } from '@tianyuan/chain';
import { type ClockState, canonicalize, utf8ToBytes } from '@tianyuan/protocol';
import type { Clock } from './clock.ts';

/** What a gateway says in its own log. It is not signed by a device, so a nonce keeps its hash from being guessed. */
export type Statement =
  | { statement: 'boot'; boot: number; agent: string; configDigest: string }
  /** "not before": the gateway knew this block when it logged the statement */
  | { statement: 'block'; chainId: number; blockNumber: number; blockHash: string }
  /** a sensor's calibration certificate, by its SHA-256, was noted or taken back; times in Unix ms */
  | {
      statement: 'calibration';
      change: 'added' | 'removed';
      device: string;
      sensor: string;
      type: string;
      certificate: string;
      issuer: string;
      validFrom: number;
      validUntil: number;
    }
  /** `at` is the gateway's clock; `detail` says what was measured, whole numbers with their unit in the name */
  | {
      statement: 'alarm';
      change: 'raised' | 'cleared';
      alarm: string;
      subject: string;
      at: number;
      detail: Record<string, number | string>;
    }
  /** from here on this gateway refuses a key that DeviceRegistry revoked, from `fromIndex` of this log on where it says so */
  | { statement: 'revocation'; publicKey: string; fromIndex?: number }
  /** the quality of the gateway's clock changed, as `source` says: from here on entries carry it */
  | { statement: 'clock'; clock: ClockState; source: string }
  /** the wall clock moved against the monotonic one: so often since the last such statement, and so far in all */
  | { statement: 'clock-jump'; jumps: number; movedMs: number; clock: ClockState }
  /** the store was corrupt; it lies beside the new one, and so much of its log was saved, see keep/salvage.ts */
  | {
      statement: 'salvage';
      setAside: string;
      entriesThen: number;
      inPlace: number;
      moved: number;
      continues: boolean;
      signedSize: number;
    }
  /** how full the store is, by its budget and its disk; `refusing`: new messages are not taken */
  | {
      statement: 'capacity';
      level: 'normal' | 'filling' | 'high' | 'full';
      refusing: boolean;
      usedBytes: number;
      budgetBytes?: number;
      diskBytes: number;
      freeBytes: number;
    }
  /** the validity rules in force from here on: SHA-256 of the rule file in hex */
  | { statement: 'rules'; digest: string }
  /**
   * The first entry of a log that carries on for one whose gateway was lost: its id and the last root that the chain has of
   * it, 64 hex digits each, zeros for size 0.
   */
  | { statement: 'successor'; predecessor: { logId: string; origin: string; size: number; root: string } };

/** The payload of a statement entry: RFC 8785 form, with a 16-byte nonce in hex. */
export function encodeStatement(statement: Statement): Uint8Array {
  return utf8ToBytes(canonicalize({ v: 1, nonce: randomBytes(16).toString('hex'), ...statement }));
}

/** How fine "not before" is: a statement about a block costs one entry. */
const blockStatementIntervalMs = 60_000;

/** Logs the chain's newest block, at most once in a while, when there is something to anchor after it. */
export function newBlockStatements(
  chain: Pick<AnchorClient, 'newestBlock'>,
  clock: Clock,
  keepStatement: (payload: Uint8Array) => void,
): () => Promise<void> {
  let dueAt = 0;
  return async () => {
    if (clock.sinceBootMs() < dueAt) return;
    const block = await chain.newestBlock();
    keepStatement(encodeStatement({ statement: 'block', ...block }));
    dueAt = clock.sinceBootMs() + blockStatementIntervalMs;
  };
}
