import { request } from 'undici';
import { demonstration } from '../demonstration.ts';
import { LauncherError } from '../launcher-error.ts';
import { lots, organisations, traceCode } from './cast.ts';

/** Files at the simulated national platform what the organisations of the story would have filed there. Idempotent. */
export async function fileNationalRecord(nationalUrl: string): Promise<void> {
  const { farm, packer, laboratory } = organisations;
  const operator = ({ name, uscc }: { name: { zh: string }; uscc: string }) => ({
    name: name.zh,
    uscc,
    areaCode: '360726',
  });
  const record = {
    schemaVersion: '1.0',
    traceCode,
    productName: '赣南脐橙',
    productCode: demonstration.gtin,
    batchNo: demonstration.lot,
    quantity: '700',
    unit: 'kg',
    producer: operator(farm),
    stages: [
      {
        stage: '1',
        operator: operator(farm),
        outBatchNo: lots.fromPlot3.lot,
        quantity: '620',
        unit: 'kg',
        destination: packer.uscc,
      },
      {
        stage: '5',
        operator: operator(packer),
        inBatchNo: lots.fromPlot3.lot,
        source: farm.uscc,
        outBatchNo: demonstration.lot,
        quantity: '700',
        unit: 'kg',
      },
    ],
    inspections: [
      { reportNo: 'GZ-2026-1124', agency: laboratory.name.zh, result: '合格', date: '2026-11-24' },
    ],
  };
  const response = await request(`${nationalUrl}/admin/records/${traceCode}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(record),
  });
  const answer = await response.body.text();
  if (response.statusCode >= 300) {
    throw new LauncherError(`the simulated national platform refused its record: ${answer}`);
  }
}
