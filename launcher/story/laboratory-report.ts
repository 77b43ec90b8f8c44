import { createHash } from 'node:crypto';
import { demonstration } from '../demonstration.ts';
import { organisations } from './cast.ts';
import type { Saying } from './say.ts';

/** What the laboratory found, as a file, and the message with which its inspector signs the file's hash. Pure. */
export function laboratoryReport(begunAt: number): { bytes: Uint8Array; sha256: string; saying: Saying } {
  const report = {
    laboratory: organisations.laboratory.uscc,
    sampledAt: new Date(begunAt - 20 * 3_600_000).toISOString(),
    lot: demonstration.lot,
    // Made up, as the people are: what is shown is that the file is the one that was signed.
    results: [
      { item: '毒死蜱 chlorpyrifos', milligramsPerTonne: 12, limit: 1_000 },
      { item: '多菌灵 carbendazim', milligramsPerTonne: 40, limit: 5_000 },
    ],
    conclusion: '合格 passed',
  };
  const bytes = Buffer.from(JSON.stringify(report, null, 2));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const saying: Saying = {
    step: 'the laboratory reports',
    by: 'sun-yue',
    body: {
      report: {
        hash: sha256,
        issuer: organisations.laboratory.uscc,
        kind: 'inspection',
        length: bytes.length,
        mediaType: 'application/json',
        subject: { id: demonstration.batchId, kind: 'batch' },
      },
    },
  };
  return { bytes, sha256, saying };
}
