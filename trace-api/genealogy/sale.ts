import type { Queries } from '@tianyuan/platform';
import { and, eq, inArray, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type BatchRow, findBatch } from '../batches/find-batch.ts';
import { lotFacts } from '../database/schema.ts';
import { errors } from '../errors.ts';
import { authorize, principalOf } from '../people/authorize.ts';
import type { Recorded, Refusal } from '../records/recorded.ts';
import { sayAmount, uoms } from './amount.ts';
import { stockOf, unknownLot } from './lot-state.ts';
import { readLotStates } from './read-lot-states.ts';
import { lotUri } from './thing.ts';

/** Of requirement 5.3: YYYYMMDD and a sequence, or whatever a shop numbers its orders by. */
export const orderNoSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);

/** An order took a quantity of a batch, or gave it back. */
const saleSchema = z.strictObject({
  orderNo: orderNoSchema,
  batchId: z.string().max(64),
  /** the batch's, as thing.ts has it: it stays with the lot whatever the batch is called later */
  lot: z.string().max(256),
  quantity: z.int().min(1),
  uom: z.enum(uoms),
});

type Sale = z.infer<typeof saleSchema>;

export const saleStatements = { sale: saleSchema, 'sale-return': saleSchema };

/** Sales never exceed what there is of a batch, nor its `totalQty`; an order gives back no more than it took. */
export async function judgeSale(tx: Queries, record: Recorded): Promise<Refusal | undefined> {
  const sale = record.body as Sale;
  const batch = await findBatch(tx, { batchId: sale.batchId });
  if (batch === undefined) return { kind: errors.unknownBatch, detail: `there is no batch ${sale.batchId}` };
  const seller = principalOf(record.by);
  if (!(await authorize(tx, seller, 'sell', { kind: 'batch', id: sale.batchId }, record.at))) {
    return {
      kind: errors.notAllowed,
      detail: `${seller.id} holds no role with which to sell of batch ${sale.batchId}`,
    };
  }
  const { lot } = sale;
  if (lot !== lotUri(batch)) {
    return { kind: errors.unknownLot, detail: `batch ${sale.batchId} is lot ${lotUri(batch)}, not ${lot}` };
  }
  const state = (await readLotStates(tx, [lot], record.index)).get(lot) ?? unknownLot;
  const unit = state.uom ?? state.declared?.uom;
  if (unit !== undefined && unit !== sale.uom) {
    return { kind: errors.unitMismatch, detail: `${sale.batchId} is counted in ${unit}, not in ${sale.uom}` };
  }
  if (record.name === 'sale-return') return judgeReturn(tx, sale, record.index);
  const declared = state.declared === undefined ? Infinity : state.declared.quantity - state.sold;
  const left = Math.max(0, Math.min(stockOf(state), declared));
  if (sale.quantity <= left) return undefined;
  const detail = `batch ${sale.batchId} has ${sayAmount({ ...sale, quantity: left })} left to sell, not ${sayAmount(sale)}`;
  return { kind: errors.oversold, detail };
}

async function judgeReturn(tx: Queries, sale: Sale, asOf: number): Promise<Refusal | undefined> {
  const [row] = await tx
    .select({
      kept: sql<
        string | number | null
      >`sum(case ${lotFacts.role} when 'sold' then ${lotFacts.quantity} else -${lotFacts.quantity} end)`,
    })
    .from(lotFacts)
    .where(
      and(
        eq(lotFacts.lot, sale.lot),
        eq(lotFacts.orderNo, sale.orderNo),
        inArray(lotFacts.role, ['sold', 'return']),
        lt(lotFacts.atIndex, asOf),
      ),
    );
  const kept = Number(row?.kept ?? 0);
  if (sale.quantity <= kept) return undefined;
  const detail = `order ${sale.orderNo} has ${sayAmount({ ...sale, quantity: kept })} of batch ${sale.batchId} to give back`;
  return { kind: errors.oversold, detail };
}

export async function applySale(tx: Queries, record: Recorded): Promise<void> {
  const { orderNo, lot, quantity, uom } = record.body as Sale;
  const { index: atIndex, at } = record;
  const role = record.name === 'sale' ? 'sold' : 'return';
  await tx.insert(lotFacts).values({ atIndex, at, eventTime: at, lot, role, quantity, uom, orderNo });
}

/** In which unit a batch is counted; undefined where nobody named a quantity of it. */
export async function readUnit(queries: Queries, batch: BatchRow, asOf: number) {
  const lot = lotUri(batch);
  const state = (await readLotStates(queries, [lot], asOf)).get(lot);
  return state?.uom ?? state?.declared?.uom;
}
