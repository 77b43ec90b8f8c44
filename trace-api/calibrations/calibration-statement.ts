import { decodeEntry, entryLength, quantityNames } from '@tianyuan/protocol';
import { z } from 'zod';
import type { Settled } from '../ingest/settle-entries.ts';

/** What a gateway says in its own log of a sensor's certificate; members that we do not know may follow later. */
const statementSchema = z
  .object({
    v: z.literal(1),
    statement: z.literal('calibration'),
    change: z.enum(['added', 'removed']),
    device: z.string().min(1).max(64),
    sensor: z.string().max(64),
    type: z.enum(quantityNames),
    certificate: z.string().regex(/^[0-9a-f]{64}$/),
    issuer: z.string().min(1).max(200),
    validFrom: z.int().min(0),
    validUntil: z.int().min(0),
  })
  .refine((one) => [one.device, one.sensor, one.issuer].every((text) => !text.includes('\0')));

export type CalibrationStatement = z.infer<typeof statementSchema> & { index: number };

/** The statements about calibrations among entries that are being stored. `entries` is n × 56 bytes. Pure. */
export function calibrationStatements(
  entries: Uint8Array,
  payloads: readonly (Uint8Array | null)[],
  settled: readonly Pick<Settled, 'index' | 'isMessage' | 'flag'>[],
): CalibrationStatement[] {
  return settled.flatMap(({ index, isMessage, flag }, i) => {
    const payload = payloads[i] ?? null;
    if (isMessage || flag !== null || payload === null) return [];
    const entry = decodeEntry(entries.subarray(i * entryLength, (i + 1) * entryLength));
    if (entry.kind !== 'statement') return [];
    const parsed = statementSchema.safeParse(parseJson(payload));
    return parsed.success ? [{ ...parsed.data, index }] : [];
  });
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
}
