import type { Queries } from '@tianyuan/platform';
import type { BatchScope } from '../batches/batch-scope.ts';
import type { BatchRow } from '../batches/find-batch.ts';
import type { When } from '../batches/when.ts';
import { readKept } from '../cold-chain/kept.ts';
import { readCompleteness } from '../cold-chain/read-completeness.ts';
import { readExcursions } from '../cold-chain/read-excursions.ts';
import { readShelfLife } from '../cold-chain/read-shelf-life.ts';
import { readGenealogy } from '../genealogy/read-genealogy.ts';
import { type Step, type StepLot, readSteps } from '../genealogy/read-steps.ts';
import { lotOf } from '../genealogy/thing.ts';
import { readNational } from '../national/read-national.ts';
import { readQuality } from '../quality/read-quality.ts';
import { readReports } from '../reports/read-reports.ts';
import { type NameThings, nameThings } from './name-things.ts';
import type { StoryLot, StoryStep, StoryView } from './story-view.ts';

/**
 * What people, organisations and other platforms say of a batch, as it stood.
 * @param logId the platform's own log
 * @param scope what the batch's readings are
 */
export async function viewStory(
  queries: Queries,
  batch: BatchRow,
  logId: string,
  when: When,
  scope: BatchScope,
): Promise<StoryView> {
  const { batchId } = batch;
  const { asOf, timeMs = Date.now() } = when;
  const kept = await readKept(queries, batch, when, scope);
  const names = nameThings(queries, asOf);
  const steps: StoryStep[] = [];
  for (const step of await readSteps(queries, batchId, asOf)) steps.push(await tell(step, names));
  return {
    logId,
    steps,
    genealogy: (await readGenealogy(queries, batchId, asOf)) ?? null,
    coldChain: {
      ...(await readExcursions(queries, batch, when, kept)),
      completeness: await readCompleteness(queries, when, kept),
      shelfLife: (await readShelfLife(queries, batch, kept)) ?? null,
    },
    reports: await Promise.all(
      (await readReports(queries, batchId, asOf)).map(async (report) => ({
        ...report,
        issuerName: await names.organisation(report.issuer),
      })),
    ),
    quality: await readQuality(queries, batchId, asOf),
    national: await readNational(queries, batchId, asOf, timeMs),
  };
}

async function tell(step: Step, { thing, signer }: NameThings): Promise<StoryStep> {
  const { time, index, words } = step;
  return {
    time,
    index,
    words,
    who: await signer(step.who),
    place: await thing(step.place),
    from: await thing(step.from),
    to: await thing(step.to),
    lots: step.lots.flatMap(tellLot),
  };
}

const flows: Partial<Record<string, StoryLot['flow']>> = {
  commission: 'out',
  output: 'out',
  use: 'in',
  observe: 'with',
  child: 'with',
  content: 'with',
};

function tellLot({ lot, role, amount }: StepLot): StoryLot[] {
  const flow = flows[role];
  return flow === undefined ? [] : [{ number: lotOf(lot).lot, flow, amount }];
}
