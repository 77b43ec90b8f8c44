import { ProtocolError, digitalLinkPath } from '@tianyuan/protocol';
import type { Lot, View } from './answers.ts';
import { compareCurves } from './compare-curves.ts';
import { compareExcursions } from './compare-excursions.ts';
import { compareJsonLd, compareLot } from './compare-descriptions.ts';
import { comparePage } from './compare-page.ts';
import { compareStatus } from './compare-status.ts';
import type { Inspection } from './inspection.ts';
import { findHoles, openElsewhere, readElsewhere } from './find-hidden.ts';
import { type LotMessage, listMessages } from './list-messages.ts';
import { scopeOf } from './lot-scope.ts';
import { type Miss, summarize } from './miss.ts';
import { type OpenedLot, openLot } from './open-lot.ts';
import { type ProvenBundle, chooseMessages, proveBundles } from './prove-bundles.ts';
import { proveMessages } from './prove-messages.ts';
import { proveReports, proveSteps } from './prove-steps.ts';
import { readPage } from './read-page.ts';
import { Unreachable } from './trace-source.ts';

/** What was found of one lot. It is accurate where there is no miss. Counts are of messages but for `readings`. */
export type LotResult = Lot & {
  path: string;
  messages: number;
  /** that are not on the chain yet, and of which the page says so */
  pending: number;
  readings: number;
  /** messages that were verified by a bundle of their own */
  bundles: number;
  /** what people signed of it, each verified by its own bundle */
  steps: number;
  /** of its devices, said to be none of the lot's, and not shown */
  withheld: number;
  misses: Miss[];
};

/** Everything about one lot, from the phone's door to the chain. Rejects only where the inspection is called off. */
export async function inspectLot(inspection: Inspection, lot: Lot): Promise<LotResult> {
  const result: LotResult = {
    ...lot,
    path: digitalLinkPath(lot),
    messages: 0,
    pending: 0,
    readings: 0,
    bundles: 0,
    steps: 0,
    withheld: 0,
    misses: [],
  };
  try {
    const opened = await openLot(inspection.source, lot);
    if (opened === undefined) result.misses.push({ code: 'UNSETTLED', detail: result.path });
    else await inspectOpened(inspection, lot, opened, result);
  } catch (error) {
    if (!(error instanceof Unreachable || error instanceof ProtocolError)) throw error;
    result.misses.push({ code: 'UNREACHABLE', detail: error.message });
  }
  return { ...result, misses: summarize(result.misses) };
}

async function inspectOpened(
  inspection: Inspection,
  lot: Lot,
  opened: OpenedLot,
  result: LotResult,
): Promise<void> {
  const { misses } = result;
  const { view, jsonLd, logs, exposures, absent, asOf } = opened;
  const pages = { zh: readPage(opened.pages.zh), en: readPage(opened.pages.en) };
  const scope = scopeOf(view, exposures);
  misses.push(
    ...compareLot(view, lot),
    ...comparePage(pages.zh, view, 'zh'),
    ...comparePage(pages.en, view, 'en'),
    ...compareStatus(opened.status, view, pages),
    ...compareJsonLd(jsonLd, view),
    ...contradictions(view, logs),
  );
  const { source, seed } = inspection;
  const listed = await listMessages(source, view, scope, asOf);
  const elsewhere = await readElsewhere(source, view, asOf);
  const others = await openElsewhere(source, seed, elsewhere, scope);
  const counted = listed.messages.map(({ parsed }) => parsed.message);
  misses.push(
    ...listed.misses,
    ...findHoles(counted, elsewhere, { flagged: view.flagged, absent }),
    ...others.misses,
  );
  const anchored = listed.messages.filter(({ logId, index }) => index < logs.get(logId)!.anchoredSize);
  const final = anchored.filter(({ logId, index }) => index < logs.get(logId)!.finalSize);
  misses.push(...compareCounts(view, listed.messages.length, anchored.length, final.length));

  const chosen = chooseMessages(seed, anchored, inspection.bundlesALot);
  const bundles = await proveBundles(inspection, chosen, (logId) => logs.get(logId)!.finalSize);
  const proven = await proveMessages(inspection, listed.messages, bundles.proven, scope);
  misses.push(
    ...bundles.misses,
    ...proven.misses,
    ...compareCurves(view, proven.measured),
    ...compareExcursions(view, proven.measured, scope),
    ...compareAnchor(view, bundles.proven, anchored),
  );
  const steps = await proveSteps(inspection, view, pages);
  misses.push(...steps.misses, ...(await proveReports(inspection, view)));
  // A harvest that nobody measured is what people signed of it.
  if (anchored.length === 0 && (listed.messages.length > 0 || steps.proven === 0))
    misses.push({ code: 'NOT_PROVEN', detail: `none of its ${listed.messages.length} messages is anchored` });
  result.messages = listed.messages.length;
  result.pending = listed.messages.length - anchored.length;
  result.readings = proven.measured.length;
  result.bundles = bundles.proven.length;
  result.steps = steps.proven;
  result.withheld = others.withheld;
}

/** A lot of a log that says two things may be right by chance. */
function contradictions({ contradicted }: View, logs: OpenedLot['logs']): Miss[] {
  const found = [...logs.values()].filter(({ contradictions: kinds }) =>
    kinds.some(({ kind }) => kind !== 'ANCHOR_SIGNATURE'),
  );
  const origins = new Set([...contradicted, ...found.map(({ origin }) => origin)]);
  return [...origins].map((origin) => ({ code: 'CONTRADICTED', detail: origin }));
}

function compareCounts(
  { messages, verified }: View,
  mirrored: number,
  anchored: number,
  final: number,
): Miss[] {
  const own = { mirrored, anchored, final, verified: mirrored };
  const shown = { ...messages, verified };
  return (Object.keys(own) as (keyof typeof own)[])
    .filter((of) => own[of] !== shown[of])
    .map((of) => ({
      code: 'COUNT_DIFFERS',
      detail: `${own[of]} messages are ${of}, the view says ${shown[of]}`,
    }));
}

/** The anchor that is shown is the youngest of those over the last anchored message of each log. */
function compareAnchor(
  { anchor }: View,
  proven: readonly ProvenBundle[],
  anchored: readonly LotMessage[],
): Miss[] {
  const last = new Map(anchored.map((message) => [message.logId, message]));
  const covering = proven.filter(({ message }) => last.get(message.logId) === message);
  if (covering.length < last.size) return []; // said where it was not proven
  const youngest = Math.max(...covering.map((one) => one.anchor.blockTime));
  if (covering.length === 0 && anchor === null) return [];
  const isShown = covering.some(
    ({ anchor: own, head }) =>
      own.blockTime === youngest &&
      anchor !== null &&
      anchor.transactionHash === own.transactionHash &&
      anchor.contract === own.contract &&
      anchor.chainId === own.chainId &&
      anchor.blockNumber === own.blockNumber &&
      anchor.blockTime === own.blockTime * 1000 &&
      anchor.logSize === head.size,
  );
  if (isShown) return [];
  const own = covering.find((one) => one.anchor.blockTime === youngest)?.anchor.transactionHash ?? 'none';
  return [
    { code: 'ANCHOR_DIFFERS', detail: `proven by ${own}, shown as ${anchor?.transactionHash ?? 'none'}` },
  ];
}
