/**
 * Why there is no record to show as the platform's word of now: docs/trace-china.md, "Errors". A closed list, since each
 * of them leads to other words on the page and to another next try.
 */
export const nationalFaults = [
  'unavailable',
  'slow',
  'refused',
  'bad-signature',
  'unknown-code',
  'expired-credential',
  'malformed',
  'changed',
] as const;

export type NationalFault = (typeof nationalFaults)[number];

/**
 * Whether asking again at once may help. A signature that was wrong may have been damaged on the way, but whoever answers
 * wrongly on purpose is not to be asked three times a refresh; what the platform said under its signature it will say again.
 */
export const isWorthRetrying: Record<NationalFault, boolean> = {
  unavailable: true,
  slow: true,
  refused: false,
  'bad-signature': false,
  'unknown-code': false,
  'expired-credential': false,
  malformed: false,
  changed: false,
};

/** Whether the environment itself is sick, which opens its circuit; the others are answers. */
export const isOutage: Record<NationalFault, boolean> = {
  unavailable: true,
  slow: true,
  refused: false,
  'bad-signature': true,
  'unknown-code': false,
  'expired-credential': true,
  malformed: false,
  changed: false,
};
