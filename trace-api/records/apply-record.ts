import type { Queries } from '@tianyuan/platform';
import { recordBatches, records } from '../database/schema.ts';
import { projectionsOf } from './projections.ts';
import type { DomainEvent, Recorded, Refusal } from './recorded.ts';

/** The first projection's objection, if there is one. */
export async function refuseRecord(tx: Queries, record: Recorded): Promise<Refusal | undefined> {
  for (const { refuse } of projectionsOf(record.name)) {
    const refusal = await refuse?.(tx, record);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Keeps the record by name, and has every projection that takes it take it. @returns what they emitted */
export async function applyRecord(tx: Queries, record: Recorded): Promise<DomainEvent[]> {
  const { index: atIndex, at, name, by, signed } = record;
  await tx.insert(records).values({ atIndex, at, name, by, signed });
  const emitted: DomainEvent[] = [];
  const concerned = new Set<string>();
  for (const projection of projectionsOf(name)) {
    await projection.apply(tx, record, (event) => emitted.push(event));
    for (const batchId of (await projection.batches?.(tx, record)) ?? []) concerned.add(batchId);
  }
  if (concerned.size > 0) {
    await tx.insert(recordBatches).values([...concerned].map((batchId) => ({ atIndex, batchId })));
  }
  return emitted;
}
