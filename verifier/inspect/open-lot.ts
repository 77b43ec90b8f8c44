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
  /** the moment of which all of this is, Unix ms; undefined for as it is now */
  asOf: number | undefined;
};

/** A lot that is still measured changes while it is read: after so many tries it is read as it stood a moment ago. */
const triesNow = 3;
const triesThen = 5; // what was anchored by then may yet become final
/** So far back that what came in by then has been taken, and a clock that is ahead of the server's does no harm. */
const momentAgoMs = 3_000;
const traceType = 'https://ref.gs1.org/voc/traceability';

/**
 * Opens a lot by its GS1 Digital Link, until the data was the same before and after everything else was read: as it is now,
 * or, where it is being measured, as it stood a moment ago.
 * @returns undefined where it changed every time
 * @throws Unreachable
 */
export async function openLot(source: TraceSource, lot: Lot): Promise<OpenedLot | undefined> {
  const viewPath = await findView(source, digitalLinkPath(lot));
  return (
    (await openAsOf(source, lot, viewPath, undefined, triesNow)) ??
    (await openAsOf(source, lot, viewPath, Date.now() - momentAgoMs, triesThen))
  );
}

async function openAsOf(
  source: TraceSource,
  lot: Lot,
  viewOfNow: string,
  asOf: number | undefined,
  mostTries: number,
): Promise<OpenedLot | undefined> {
  const path = digitalLinkPath(lot);
  const viewPath = atMoment(viewOfNow, asOf);
  let view = await getJson(source, viewPath, viewSchema);
  for (let tries = 0; tries < mostTries; tries++) {
    const pages = {
      zh: await getText(source, atMoment(`${path}?lang=zh`, asOf), 'text/html'),
      en: await getText(source, atMoment(`${path}?lang=en`, asOf), 'text/html'),
    };
    const jsonLd = await getJson(source, atMoment(path, asOf), jsonLdSchema, 'application/ld+json');
    const logs = new Map<string, LogState>();
    for (const { logId } of view.logs)
      logs.set(logId, await getJson(source, atMoment(`/api/v1/logs/${logId}`, asOf), logSchema));
    const part = (name: string) => atMoment(`${batchPath(view)}/${name}`, asOf);
    const { exposures } = await getJson(source, part('exposures'), exposuresSchema);
    const status = await getJson(source, part('status'), saleStatusSchema);
    const { devices } = await getJson(source, part('completeness'), completenessSchema);
    const absent = devices.reduce((sum, { missing, evicted }) => sum + missing + evicted, 0);
    const after = await getJson(source, viewPath, viewSchema);
    if (JSON.stringify(after) === JSON.stringify(view)) {
      return { view, pages, jsonLd, logs, exposures, status, absent, asOf };
    }
    view = after;
  }
  return undefined;
}

/** The same question of a moment. */
export function atMoment(path: string, asOf: number | undefined): string {
  return asOf === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}asOf=${asOf}`;
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
