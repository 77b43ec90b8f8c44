import { createHash } from 'node:crypto';
import { canonicalize } from '@tianyuan/protocol';
import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A batch of a farm with more gateways than this is closed in parts. */
const maxLogs = 256;

/** What a batch's messages in one log were: how many, in the log of this size with this root. */
const logReadings = z.strictObject({
  logId: hash,
  size: z.int().min(1),
  /** of the log's Merkle tree, hex */
  root: hash,
  messages: z.int().min(1),
});

export type LogReadings = z.infer<typeof logReadings>;

/** What is logged at a close: the summary itself is made again by whoever wants to see it. */
export const summaryStatement = z.strictObject({
  batchId: z.string().max(64),
  /** records of the platform's log below this index are summed up */
  asOf: z.int().min(0),
  hash,
  readings: z.array(logReadings).max(maxLogs),
});

export type SummaryStatement = z.infer<typeof summaryStatement>;

/** All that a batch is at its close. */
export type Summary = {
  v: 1;
  batchId: string;
  asOf: number;
  /** what its last record says of it; null for one that was put before the platform had a log */
  batch: Record<string, unknown> | null;
  /** of its ancestors, down to it */
  edges: { index: number; from: string; to: string; used: string; made: string }[];
  /** of the events of its story, in the log's order */
  events: number[];
  readings: LogReadings[];
};

/** SHA-256 of the RFC 8785 form, 64 hex digits. */
export function hashSummary(summary: Summary): string {
  return createHash('sha256').update(canonicalize(summary)).digest('hex');
}
