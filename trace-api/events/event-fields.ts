import { z } from 'zod';

// The members of which the payloads of trace's events are made: snake case, as requirement section 8 writes them.

export const batchId = z.string().min(1).max(64).describe('the batch, as messages name it');

export const recordIndex = z
  .int()
  .min(0)
  .describe(
    "of the record in the platform's log that says so; its proof is at /api/v1/logs/{logId}/entries/{index}/proof",
  );

export const principal = z.string().min(1).max(64).describe('who asked for it or signed it');

export const reason = z
  .object({ zh: z.string(), en: z.string() })
  .describe('why, for people, in both languages');

export const instant = z.iso.datetime().describe('ISO 8601, UTC');

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 in lower-case hex');

/** What the examples speak of. */
export const sample = {
  batch_id: 'oranges-2026-11',
  by: 'li-wei',
  record_index: 41,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
} as const;
