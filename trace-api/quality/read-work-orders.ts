import type { Queries } from '@tianyuan/platform';
import { and, desc, eq, isNull, lt } from 'drizzle-orm';
import { workOrders, workOrdersDone } from '../database/schema.ts';

export type WorkOrderView = {
  index: number;
  at: number;
  batchId: string;
  checkIndex: number;
  score: number;
  threshold: number;
  /** null while it is open */
  done: { index: number; at: number; by: string; note: string } | null;
};

/** @param filter.before an index, to page on from the last answer's end */
export async function readWorkOrders(
  queries: Queries,
  filter: { batchId?: string | undefined; openOnly: boolean; before?: number | undefined; limit: number },
): Promise<WorkOrderView[]> {
  const { batchId, openOnly, before = Number.MAX_SAFE_INTEGER, limit } = filter;
  const rows = await queries
    .select({ order: workOrders, done: workOrdersDone })
    .from(workOrders)
    .leftJoin(workOrdersDone, eq(workOrdersDone.orderIndex, workOrders.atIndex))
    .where(
      and(
        lt(workOrders.atIndex, before),
        batchId === undefined ? undefined : eq(workOrders.batchId, batchId),
        openOnly ? isNull(workOrdersDone.atIndex) : undefined,
      ),
    )
    .orderBy(desc(workOrders.atIndex))
    .limit(limit);
  return rows.map(({ order, done }) => ({
    index: order.atIndex,
    at: order.at,
    batchId: order.batchId,
    checkIndex: order.checkIndex,
    score: order.score,
    threshold: order.threshold,
    done: done && { index: done.atIndex, at: done.at, by: done.by, note: done.note },
  }));
}
