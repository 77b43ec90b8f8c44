import {
  canonicalize,
  decodeBase64,
  encodeBase64,
  publicKeyOf,
  signEd25519,
  trustPolicySchema,
  utf8ToBytes,
  verifyEd25519,
} from '@tianyuan/protocol';
import { z } from 'zod';
import { lotStates } from './inspect.ts';
import { type MissCode, missWords } from './miss.ts';

const reportType = 'tianyuan/inspection/v1';
/** Signed before the canonical form, so that no signature of ours means anything elsewhere. */
const context = 'tianyuan/inspection/v1\n';

const natural = z.int().min(0);

const lotResultSchema = z.strictObject({
  gtin: z.string(),
  lot: z.string(),
  batchId: z.string(),
  path: z.string(),
  messages: natural,
  pending: natural,
  readings: natural,
  bundles: natural,
  steps: natural,
  withheld: natural,
  misses: z.array(
    z.strictObject({
      code: z.enum(Object.keys(missWords) as [MissCode, ...MissCode[]]),
      detail: z.string(),
    }),
  ),
});

const reportSchema = z.strictObject({
  type: z.literal(reportType),
  traceUrl: z.string(),
  /** what was trusted: chain, contracts, finality, witnesses */
  policy: trustPolicySchema,
  /** whether a node was asked about the chain */
  rpc: z.boolean(),
  /** Unix ms */
  startedAt: natural,
  endedAt: natural,
  seed: z.string(),
  sample: natural,
  bundlesALot: natural,
  algorithm: z.string(),
  /** from how many lots in this state was drawn; the hash is of their sorted paths, each with a newline */
  drawnFrom: z.strictObject({
    state: z.enum(lotStates),
    lots: natural,
    sha256: z.string(),
  }),
  /** false where it was called off before the last lot */
  complete: z.boolean(),
  examined: natural,
  accurate: natural,
  lots: z.array(lotResultSchema),
});

/** What an inspection found. Everything but the inspector's opinion. */
export type Report = z.infer<typeof reportSchema>;

const signedReportSchema = z.strictObject({
  report: reportSchema,
  /** base64 of 32 bytes */
  inspector: z.string(),
  /** base64 of 64 bytes: Ed25519 over the context line and the report's RFC 8785 form */
  signature: z.string(),
});
export type SignedReport = z.infer<typeof signedReportSchema>;

export const reportOf = (parts: Omit<Report, 'type' | 'examined' | 'accurate'>): Report => ({
  type: reportType,
  ...parts,
  examined: parts.lots.length,
  accurate: parts.lots.filter(({ misses }) => misses.length === 0).length,
});

/** @param secretKey 32-byte Ed25519 seed of the inspector */
export function signReport(report: Report, secretKey: Uint8Array): SignedReport {
  return {
    report,
    inspector: encodeBase64(publicKeyOf(secretKey)),
    signature: encodeBase64(signEd25519(secretKey, signingInput(report))),
  };
}

/** A signed report as it was parsed from JSON; undefined for anything else. Nothing is verified. */
export function parseSignedReport(value: unknown): SignedReport | undefined {
  return signedReportSchema.safeParse(value).data;
}

/** Whether the key that the report names signed it, and its totals are those of its lots. */
export function isSound({ report, inspector, signature }: SignedReport): boolean {
  const { type: _, examined, accurate, ...parts } = report;
  const own = reportOf(parts);
  if (own.examined !== examined || own.accurate !== accurate) return false;
  try {
    return verifyEd25519(decodeBase64(inspector), signingInput(report), decodeBase64(signature));
  } catch {
    return false; // no base64
  }
}

function signingInput(report: Report): Uint8Array {
  return utf8ToBytes(context + canonicalize(report));
}
