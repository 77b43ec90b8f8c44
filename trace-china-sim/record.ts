import { z } from 'zod';

/** A record of the platform: docs/trace-china.md has the fields. What it does not name may be there too. */
export const recordSchema = z.looseObject({
  schemaVersion: z.string(),
  traceCode: z.string().regex(/^[A-Za-z0-9]{8,64}$/),
});

export type Record = z.infer<typeof recordSchema>;

const farm = { name: '赣州示范果业合作社', uscc: '93360702MA35XKQ72D', areaCode: '360702' };
const packer = { name: '赣州示范分级包装厂', uscc: '91360702MA38ABCD4N', areaCode: '360702' };

/** The oranges of the demonstration, as the organisations that had them would have filed them. */
export const exampleRecord: Record = {
  schemaVersion: '1.0',
  traceCode: '36070220261120000001',
  productName: '赣南脐橙',
  productCode: '06901234567892',
  batchNo: 'A-0731',
  quantity: '1200',
  unit: 'kg',
  producer: farm,
  stages: [
    {
      stage: '1',
      operator: farm,
      outBatchNo: 'H-1118',
      outTime: '2026-11-18 07:30:00',
      quantity: '1260',
      unit: 'kg',
      destination: packer.uscc,
    },
    {
      stage: '5',
      operator: packer,
      inBatchNo: 'H-1118',
      inTime: '2026-11-18 15:10:00',
      source: farm.uscc,
      outBatchNo: 'A-0731',
      outTime: '2026-11-20 06:20:00',
      quantity: '1200',
      unit: 'kg',
    },
  ],
  inspections: [
    { reportNo: 'GZ-2026-0417', agency: '赣州市农产品质量检测中心', result: '合格', date: '2026-11-19' },
  ],
  certificateNo: 'HGZ-360702-2026-000417',
};
