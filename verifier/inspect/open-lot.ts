import { digitalLinkPath } from '@tianyuan/protocol';
import type { z } from 'zod';
import {
  type Exposure,
  type JsonLd,
  type Lot,
  type SaleStatus,
  type View,
  completenessSchema,
  exposuresSchema,
  jsonLdSchema,
  linksetSchema,
  logSchema,
  saleStatusSchema,
  targetsSchema,
  viewSchema,
} from './answers.ts';
import { pathOf } from './compare-descriptions.ts';
import { type TraceSource, Unreachable, getJson, getText } from './trace-source.ts';

type LogState = z.infer<typeof logSchema>;

/** A lot as a phone and a machine find it from its code, all of one moment. */
export type OpenedLot = {
  view: View;
  pages: Record<'zh' | 'en', string>;
  jsonLd: JsonLd;
  /** how far its logs got, by log id */
  logs: Map<string, LogState>;
  exposures: Exposure[];
  /** as a shop is told it */
  status: SaleStatus;
  /** messages that the trace API says are missing or evicted */
  absent: number;
};

/** A lot that is still measured changes while it is read. */
const mostTries = 8;
const traceType = 'https://ref.gs1.org/voc/traceability';

/**
 * Opens a lot by its GS1 Digital Link, until the data was the same before and after everything else was read.
 * @returns undefined where it changed every time
 * @throws Unreachable
 */
export async function openLot(source: TraceSource, lot: Lot): Promise<OpenedLot | undefined> {
  const path = digitalLinkPath(lot);
  const viewPath = await findView(source, path);
  let view = await getJson(source, viewPath, viewSchema);
  for (let tries = 0; tries < mostTries; tries++) {
    const pages = {
      zh: await getText(source, `${path}?lang=zh`, 'text/html'),
      en: await getText(source, `${path}?lang=en`, 'text/html'),
    };
    const jsonLd = await getJson(source, path, jsonLdSchema, 'application/ld+json');
    const logs = new Map<string, LogState>();
    for (const { logId } of view.logs)
      logs.set(logId, await getJson(source, `/api/v1/logs/${logId}`, logSchema));
    const { exposures } = await getJson(source, `${batchPath(view)}/exposures`, exposuresSchema);
    const status = await getJson(source, `${batchPath(view)}/status`, saleStatusSchema);
    const { devices } = await getJson(source, `${batchPath(view)}/completeness`, completenessSchema);
    const absent = devices.reduce((sum, { missing, evicted }) => sum + missing + evicted, 0);
    const after = await getJson(source, viewPath, viewSchema);
    if (JSON.stringify(after) === JSON.stringify(view)) {
      return { view, pages, jsonLd, logs, exposures, status, absent };
    }
    view = after;
  }
  return undefined;
}

/** Where the API has the rest of what it says of a lot. */
export function batchPath({ batchId }: Pick<View, 'batchId'>): string {
  return `/api/v1/batches/${encodeURIComponent(batchId)}`;
}

/** Where the linkset of the code has the lot's trace. @throws Unreachable */
async function findView(source: TraceSource, path: string): Promise<string> {
  const { linkset } = await getJson(source, path, linksetSchema, 'application/linkset+json');
  const link = linkset.find(({ anchor }) => pathOf(anchor) === path);
  if (link === undefined) throw new Unreachable(`the linkset of ${path} is anchored elsewhere`);
  const json = targetsSchema.safeParse(link[traceType]).data?.find(({ type }) => type === 'application/json');
  const found = json && pathOf(json.href);
  if (found === undefined) throw new Unreachable(`the linkset of ${path} has no trace of the lot`);
  return found;
}
