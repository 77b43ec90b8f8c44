import { type ProblemKind, problem } from '@tianyuan/platform';
import type { Context } from 'hono';
import type { Evidence } from '../anchors/evidence.ts';
import { errors } from '../errors.ts';
import type { UploadRefusal } from './upload-refusal.ts';

const kinds: Record<UploadRefusal['refused'], ProblemKind> = {
  UNKNOWN_LOG: errors.unknownLog,
  BAD_CHECKPOINT_SIGNATURE: errors.badCheckpointSignature,
  GAP: errors.gap,
  ROOT_MISMATCH: errors.rootMismatch,
  INCONSISTENT_HISTORY: errors.inconsistentHistory,
};

/** The answer to a refused upload; new evidence goes to whoever has to hear of it. */
export function uploadProblem(
  c: Context,
  refusal: UploadRefusal,
  onEvidence: (evidence: Evidence) => void,
): Response {
  if (refusal.refused === 'INCONSISTENT_HISTORY' && refusal.evidence !== undefined)
    onEvidence(refusal.evidence);
  const extensions = 'size' in refusal ? { size: refusal.size } : {};
  return problem(c, kinds[refusal.refused], refusal.detail, extensions);
}
