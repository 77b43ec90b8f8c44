import { type Queries, bulk } from '@tianyuan/platform';
import type { QuantityName } from '@tianyuan/protocol';
import { sql } from 'drizzle-orm';
import { type BatchScope, readingsInScope, seriesInSpans } from '../batches/batch-scope.ts';
import { batchSensors, calibrations, logs } from '../database/schema.ts';
import type { CalibrationView } from '../batches/batch-view.ts';
import { judgeCalibration } from './judge-calibration.ts';

type Row = {
  device: string;
  sensor: string;
  type: QuantityName;
  certificate: string | null;
  issuer: string;
  validFrom: string | number;
  validUntil: string | number;
  logId: string;
  index: string | number;
};

/**
 * The calibration of every sensor that measured for a batch. A certificate counts where it is stated in a log that also
 * brought the sensor's readings: another gateway's word about a device that it never heard is nobody's.
 */
export async function readCalibrations(
  queries: Queries,
  scope: BatchScope,
  period: { from: number; to: number },
): Promise<CalibrationView[]> {
  const { rows } = await queries.execute<Row>(sql`
    select s.device, s.sensor, s.type, c.certificate, c.issuer, c.valid_from as "validFrom",
           c.valid_until as "validUntil", l.log_id as "logId", c.index
    from (
      select device, sensor, type, log from ${batchSensors}
      where batch_id = ${scope.batchId} and device = any(${bulk.text([...scope.devices])})
      union
      select device, sensor, type, log from (${seriesInSpans(scope)}) mine
      where whole or exists (select from ${readingsInScope} u)
    ) as s
    left join ${calibrations} c
      on c.log = s.log and c.device = s.device and c.type = s.type and c.sensor = s.sensor and c.removed_index is null
    left join ${logs} l on l.id = c.log
    where s.type not in ('battery', 'door', 'gps')
    order by s.type, s.device, s.sensor, c.valid_from`);
  const bySensor = Map.groupBy(rows, ({ device, sensor, type }) => `${type}/${device}/${sensor}`);
  return [...bySensor.values()].map((alike) => {
    const [{ device, sensor, type }] = alike as [Row];
    const certificates = alike.flatMap((row) =>
      row.certificate === null
        ? []
        : [
            {
              certificate: row.certificate,
              issuer: row.issuer,
              validFrom: Number(row.validFrom),
              validUntil: Number(row.validUntil),
              logId: row.logId,
              index: Number(row.index),
            },
          ],
    );
    const state = judgeCalibration(certificates, period);
    return { device, sensor: sensor === '' ? null : sensor, type, state, certificates };
  });
}
