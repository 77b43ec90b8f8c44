import type { Queries } from '@tianyuan/platform';
import { and, eq, ne } from 'drizzle-orm';
import { batches } from '../database/schema.ts';
import { errors } from '../errors.ts';
import { sayAmount } from '../genealogy/amount.ts';
import { unknownLot } from '../genealogy/lot-state.ts';
import { readLotStates } from '../genealogy/read-lot-states.ts';
import { lotUri } from '../genealogy/thing.ts';
import { authorize, principalOf } from '../people/authorize.ts';
import type { Scope } from '../people/scope.ts';
import type { Recorded, Refusal } from '../records/recorded.ts';
import { findEntry } from './read-catalogue.ts';
import type { CatalogueBody, CatalogueKind } from './statements.ts';

/** Why something is not said of a product, a SKU, a plot or a batch. */
export async function refuseCatalogueRecord(tx: Queries, record: Recorded): Promise<Refusal | undefined> {
  const kind = record.name as CatalogueKind;
  const by = principalOf(record.by);
  const reached = by.isOwner ? undefined : await scopesOf(tx, kind, record);
  for (const scopes of reached ?? []) {
    if (await mayAny(tx, record, scopes)) continue;
    return {
      kind: errors.notAllowed,
      detail: `${by.id} holds no role with which to say what this ${kind} is`,
    };
  }
  if (kind === 'sku') return refuseSku(tx, record.body as CatalogueBody<'sku'>, record.index);
  if (kind === 'batch') return refuseBatch(tx, record.body as CatalogueBody<'batch'>, record.index);
  return undefined;
}

async function mayAny(tx: Queries, { by, at }: Recorded, scopes: readonly Scope[]): Promise<boolean> {
  for (const scope of scopes) {
    if (await authorize(tx, principalOf(by), 'declare-batch', scope, at)) return true;
  }
  return false;
}

/**
 * Over which things a role is needed: one of each list. Whoever takes a thing over needs a role on both sides; what nobody
 * has is the owner's alone.
 */
async function scopesOf(tx: Queries, kind: CatalogueKind, { body, index }: Recorded): Promise<Scope[][]> {
  const organisation = (uscc: string | undefined): Scope[] =>
    uscc === undefined ? [] : [{ kind: 'organisation', id: uscc }];
  switch (kind) {
    case 'product': {
      const said = body as CatalogueBody<'product'>;
      const before = await findEntry(tx, 'product', said.productId, index);
      return [organisation(said.organisation), ...(before ? [organisation(before.body.organisation)] : [])];
    }
    case 'sku': {
      const said = body as CatalogueBody<'sku'>;
      const before = await findEntry(tx, 'sku', said.skuId, index);
      const products = new Set([said.productId, before?.body.productId ?? said.productId]);
      const found = await Promise.all([...products].map((id) => findEntry(tx, 'product', id, index)));
      return found.map((product) => organisation(product?.body.organisation));
    }
    case 'plot': {
      const said = body as CatalogueBody<'plot'>;
      const before = await findEntry(tx, 'plot', said.farmPlotId, index);
      return [organisation(said.organisation), ...(before ? [organisation(before.body.organisation)] : [])];
    }
    case 'batch': {
      const said = body as CatalogueBody<'batch'>;
      const [row] = await tx.select().from(batches).where(eq(batches.batchId, said.batchId));
      const batch: Scope = { kind: 'batch', id: said.batchId };
      const plots = row === undefined ? said.farmPlotId : row.farmPlotId;
      return [[batch, ...(await plotScopes(tx, plots, index))]];
    }
  }
}

async function plotScopes(tx: Queries, id: string | null | undefined, asOf: number): Promise<Scope[]> {
  if (id === null || id === undefined) return [];
  const plot = await findEntry(tx, 'plot', id, asOf);
  const scope: Scope = { kind: 'plot', id };
  return plot === undefined ? [scope] : [scope, { kind: 'organisation', id: plot.body.organisation }];
}

async function refuseSku(
  tx: Queries,
  { productId }: CatalogueBody<'sku'>,
  asOf: number,
): Promise<Refusal | undefined> {
  if ((await findEntry(tx, 'product', productId, asOf)) !== undefined) return undefined;
  return {
    kind: errors.unknownProduct,
    detail: `productId: there is no product ${productId}; say what it is first`,
  };
}

async function refuseBatch(
  tx: Queries,
  batch: CatalogueBody<'batch'>,
  asOf: number,
): Promise<Refusal | undefined> {
  const { batchId, gtin, lot, skuId, farmPlotId } = batch;
  const [other] = await tx
    .select({ batchId: batches.batchId })
    .from(batches)
    .where(and(eq(batches.gtin, gtin), eq(batches.lot, lot), ne(batches.batchId, batchId)));
  if (other !== undefined) {
    const detail = `lot ${lot} of GTIN ${gtin} is batch ${other.batchId}; give this batch another lot, or change that one`;
    return { kind: errors.lotTaken, detail };
  }
  if (skuId !== undefined) {
    const sku = await findEntry(tx, 'sku', skuId, asOf);
    if (sku === undefined) return { kind: errors.unknownProduct, detail: `skuId: there is no SKU ${skuId}` };
    if (sku.body.barCode !== gtin) {
      const detail = `gtin: ${gtin} is not the bar code of SKU ${skuId}, ${sku.body.barCode}`;
      return { kind: errors.malformedRequest, detail };
    }
  }
  if (farmPlotId !== undefined && (await findEntry(tx, 'plot', farmPlotId, asOf)) === undefined) {
    return { kind: errors.unknownProduct, detail: `farmPlotId: there is no plot ${farmPlotId}` };
  }
  return refuseTotal(tx, batch, asOf);
}

/** What was made and sold of a lot is not declared away. */
async function refuseTotal(
  tx: Queries,
  { gtin, lot, totalQty }: CatalogueBody<'batch'>,
  asOf: number,
): Promise<Refusal | undefined> {
  if (totalQty === undefined) return undefined;
  const uri = lotUri({ gtin, lot });
  const state = (await readLotStates(tx, [uri], asOf)).get(uri) ?? unknownLot;
  if (state.uom !== undefined && state.uom !== totalQty.uom) {
    return { kind: errors.unitMismatch, detail: `totalQty.uom: ${uri} is counted in ${state.uom}` };
  }
  const taken = Math.max(state.produced, state.used + state.lost + state.sold);
  if (totalQty.quantity >= taken) return undefined;
  const detail = `totalQty: ${sayAmount({ ...totalQty, quantity: taken })} of ${uri} were made or taken, more than ${sayAmount(totalQty)}`;
  return { kind: errors.overOutput, detail };
}
