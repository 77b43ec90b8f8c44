import type { CalibrationView } from '../batches/batch-view.ts';

/** Unix ms; a certificate holds up to `validUntil` and no longer. */
type Validity = { validFrom: number; validUntil: number };

/**
 * What certificates say of a time, both ends of the period included: whether there is none, whether they cover all of it,
 * one after the other where need be, or not. Pure.
 */
export function judgeCalibration(
  certificates: readonly Validity[],
  period: { from: number; to: number },
): CalibrationView['state'] {
  if (certificates.length === 0) return 'none';
  let covered = period.from;
  for (const { validFrom, validUntil } of certificates.toSorted((a, b) => a.validFrom - b.validFrom)) {
    if (validFrom > covered) break;
    covered = Math.max(covered, validUntil);
  }
  return covered > period.to ? 'calibrated' : 'expired';
}
