import type { Evidence } from '../anchors/evidence.ts';

/** Why nothing of an upload was taken. `size` is what the mirror has. */
export type UploadRefusal =
  | { refused: 'UNKNOWN_LOG' | 'BAD_CHECKPOINT_SIGNATURE' | 'ROOT_MISMATCH'; detail: string }
  | { refused: 'GAP'; size: number; detail: string }
  /** `evidence` only the first time that this history was offered */
  | { refused: 'INCONSISTENT_HISTORY'; size: number; detail: string; evidence: Evidence | undefined };
