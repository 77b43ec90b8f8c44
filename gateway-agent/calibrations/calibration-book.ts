import { and, asc, eq, isNotNull, isNull, or } from 'drizzle-orm';
import { GatewayError } from '../gateway-error.ts';
import type { Keep } from '../keep/keep.ts';
import type { Store } from '../keep/store.ts';
import { type Statement, encodeStatement } from '../log/statement.ts';
import {
  type Calibration,
  type CalibrationState,
  type SensorName,
  calibrationSchema,
  calibrationState,
  sensorText,
} from './calibration.ts';
import { calibrations } from './schema.ts';

type Row = typeof calibrations.$inferSelect;
export type ListedCalibration = Calibration & { id: number };

/** Every certificate is read for every page: a farm has hundreds of sensors and a certificate a year for each. */
const maxCalibrations = 10_000;

/**
 * Notes a certificate; a running agent logs it. The same certificate for the same sensor is noted once.
 * @returns its number, for `calibrations remove`
 * @throws GatewayError DEVICE for a device that is not enrolled, or a book that is full
 */
export function addCalibration({ db, sqlite }: Store, calibration: Calibration, now: number): number {
  return db.transaction(
    (tx) => {
      const { device, sensor, type, certificate } = calibration;
      if (sqlite.prepare('SELECT 1 FROM devices WHERE device = ?').get(device) === undefined) {
        throw new GatewayError(
          'DEVICE',
          `${device} is not enrolled here; \`gateway-agent devices list\` shows who is`,
        );
      }
      const same = tx
        .select({ id: calibrations.id })
        .from(calibrations)
        .where(
          and(
            eq(calibrations.device, device),
            eq(calibrations.sensor, sensor),
            eq(calibrations.type, type),
            eq(calibrations.certificate, certificate),
            eq(calibrations.validFrom, calibration.validFrom),
            eq(calibrations.validUntil, calibration.validUntil),
            isNull(calibrations.removedAt),
          ),
        )
        .get();
      if (same !== undefined) return same.id;
      if ((sqlite.prepare('SELECT COUNT(*) FROM calibrations').pluck().get() as number) >= maxCalibrations) {
        throw new GatewayError(
          'DEVICE',
          `this gateway has ${maxCalibrations} certificates, which is the most it keeps`,
        );
      }
      return tx
        .insert(calibrations)
        .values({ ...calibration, addedAt: now })
        .returning({ id: calibrations.id })
        .get().id;
    },
    { behavior: 'immediate' },
  );
}

/**
 * Takes a certificate back. What was logged of it stays logged, and that it was taken back is logged too.
 * @throws GatewayError DEVICE where there is none of this number
 */
export function removeCalibration({ db }: Store, id: number, now: number): void {
  const removed = db
    .update(calibrations)
    .set({ removedAt: now })
    .where(and(eq(calibrations.id, id), isNull(calibrations.removedAt)))
    .run();
  if (removed.changes === 0)
    throw new GatewayError(
      'DEVICE',
      `there is no certificate ${id}; \`gateway-agent calibrations list\` shows them`,
    );
}

/** The certificates that count, oldest first. */
export function listCalibrations({ db }: Store): ListedCalibration[] {
  return db
    .select()
    .from(calibrations)
    .where(isNull(calibrations.removedAt))
    .orderBy(
      asc(calibrations.device),
      asc(calibrations.type),
      asc(calibrations.sensor),
      asc(calibrations.validFrom),
    )
    .all()
    .map(({ id, device, sensor, type, certificate, issuer, validFrom, validUntil }) => ({
      id,
      ...calibrationSchema.parse({ device, sensor, type, certificate, issuer, validFrom, validUntil }),
    }));
}

/** Tells of any sensor whether it is calibrated at a moment. */
export function readCalibrationStates(store: Store): (sensor: SensorName, at: number) => CalibrationState {
  const bySensor = Map.groupBy(listCalibrations(store), sensorText);
  return (sensor, at) => calibrationState(bySensor.get(sensorText(sensor)) ?? [], at);
}

/**
 * Logs what was added or taken back since the last time, each in one transaction with the note that it is logged, so that
 * a kill in between neither loses a statement nor repeats it.
 * @returns how many statements were logged
 */
export function logCalibrations({ db }: Store, keep: Pick<Keep, 'keepOwn' | 'together'>): number {
  const unlogged = db
    .select()
    .from(calibrations)
    .where(
      or(
        isNull(calibrations.addedIndex),
        and(isNotNull(calibrations.removedAt), isNull(calibrations.removedIndex)),
      ),
    )
    .orderBy(asc(calibrations.id))
    .all();
  const log = (row: Row, change: 'added' | 'removed', column: 'addedIndex' | 'removedIndex'): number => {
    keep.together(() => {
      const index = keep.keepOwn('statement', encodeStatement(statementOf(row, change)));
      db.update(calibrations)
        .set({ [column]: index })
        .where(eq(calibrations.id, row.id))
        .run();
    });
    return 1;
  };
  let logged = 0;
  for (const row of unlogged) {
    if (row.addedIndex === null) logged += log(row, 'added', 'addedIndex');
    if (row.removedAt !== null && row.removedIndex === null) logged += log(row, 'removed', 'removedIndex');
  }
  return logged;
}

function statementOf(row: Row, change: 'added' | 'removed'): Statement {
  const { device, sensor, type, certificate, issuer, validFrom, validUntil } = row;
  return {
    statement: 'calibration',
    change,
    device,
    sensor,
    type,
    certificate,
    issuer,
    validFrom,
    validUntil,
  };
}
