import { Counter, type MetricsRegistry } from '@tianyuan/platform';
import type { HubRound } from './hub/hub.ts';
import type { UploadEvents } from './ingest/upload-route.ts';

/** What this service counts besides its requests. */
export function traceMetrics(
  registry: MetricsRegistry,
): UploadEvents & { onHubRound: (round: HubRound) => void } {
  const mirrored = new Counter({
    name: 'trace_entries_mirrored_total',
    help: 'Log entries taken, by flag; "none" is nothing remarkable',
    labelNames: ['flag'],
    registers: [registry],
  });
  const evidence = new Counter({
    name: 'trace_evidence_total',
    help: 'Contradictions under a signature or on the chain; each of them wants a person',
    labelNames: ['kind'],
    registers: [registry],
  });
  const hubAnchored = new Counter({
    name: 'trace_hub_anchored_total',
    help: 'Heads that the hub brought onto the chain',
    registers: [registry],
  });
  const hubGas = new Counter({
    name: 'trace_hub_gas_total',
    help: 'Gas that the hub has used',
    registers: [registry],
  });
  const hubLeftOut = new Counter({
    name: 'trace_hub_left_out_total',
    help: 'Logs that a round of the hub could not anchor, by the reason; the others were not held up',
    labelNames: ['reason'],
    registers: [registry],
  });
  return {
    onHubRound: ({ anchored, gasUsed, leftOut }) => {
      hubAnchored.inc(anchored);
      hubGas.inc(gasUsed);
      for (const reason of leftOut.values()) hubLeftOut.inc({ reason });
    },
    onTaken: (taken) => {
      for (const { flag } of taken) mirrored.inc({ flag: flag ?? 'none' });
    },
    onEvidence: ({ kind }) => evidence.inc({ kind }),
  };
}
