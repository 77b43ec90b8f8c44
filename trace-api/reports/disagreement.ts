/**
 * How a report can disagree with the trace. `holds`: whether the batch is held until a person has looked, because what is
 * said might harm somebody.
 */
export const disagreements = {
  'unknown-batch': { holds: false },
  'issuer-mismatch': { holds: false },
  'issuer-no-laboratory': { holds: false },
  'before-harvest': { holds: false },
  'grade-conflict': { holds: false },
  'score-conflict': { holds: false },
  'over-limit': { holds: true },
  'file-missing': { holds: false },
} as const;

export type DisagreementKind = keyof typeof disagreements;

export const disagreementKinds = Object.keys(disagreements) as DisagreementKind[];
