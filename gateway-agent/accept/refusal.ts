/** Why a message is not logged as an ordinary one, in the order in which accept decides (protocol section 2). */
export const refusalCodes = [
  'TOO_LARGE',
  'IDENTITY_MISMATCH',
  'MALFORMED',
  'UNKNOWN_DEVICE',
  'REVOKED_KEY',
  'BAD_SIGNATURE',
  'DUPLICATE',
  'EQUIVOCATION',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];
