import type { Queries } from '@tianyuan/platform';
import { and, eq, isNull } from 'drizzle-orm';
import { calibrations } from '../database/schema.ts';
import type { CalibrationStatement } from './calibration-statement.ts';

/** Keeps what a log states about certificates, in the order of the log. They are few: a certificate a sensor and year. */
export async function storeCalibrations(
  tx: Queries,
  log: number,
  statements: readonly CalibrationStatement[],
): Promise<void> {
  for (const {
    index,
    change,
    device,
    sensor,
    type,
    certificate,
    issuer,
    validFrom,
    validUntil,
  } of statements) {
    if (change === 'added') {
      const row = { log, index, device, sensor, type, certificate, issuer, validFrom, validUntil };
      await tx.insert(calibrations).values(row).onConflictDoNothing();
      continue;
    }
    await tx
      .update(calibrations)
      .set({ removedIndex: index })
      .where(
        and(
          eq(calibrations.log, log),
          eq(calibrations.device, device),
          eq(calibrations.sensor, sensor),
          eq(calibrations.type, type),
          eq(calibrations.certificate, certificate),
          isNull(calibrations.removedIndex),
        ),
      );
  }
}
