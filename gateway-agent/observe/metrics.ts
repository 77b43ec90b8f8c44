import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Outcome } from '../keep/keep.ts';
import type { BrokerEvents } from '../receive/embedded-broker.ts';
import { newDoorMetrics } from '../receive/door-metrics.ts';
import { capacityLevels } from '../capacity/level.ts';
import type { Status } from './status.ts';

export type Metrics = {
  registry: Registry;
  /** one commit of messages, with what it decided and how long it took until all of it was on disk */
  observeCommit: (outcomes: readonly Outcome[], tookMs: number) => void;
  /** what happens at the door */
  broker: BrokerEvents;
};

/** Prometheus metrics of the agent; gauges are read from `status` when they are scraped. */
export function newMetrics(status: () => Status): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const messages = new Counter({
    name: 'tianyuan_gateway_messages_total',
    help: 'Messages decided, by what became of them',
    labelNames: ['code'],
    registers: [registry],
  });
  const flagged = new Counter({
    name: 'tianyuan_gateway_flagged_total',
    help: 'Logged messages that a validity rule found odd, by its flag',
    labelNames: ['flag'],
    registers: [registry],
  });
  const commitSize = new Histogram({
    name: 'tianyuan_gateway_commit_messages',
    help: 'Messages in one commit',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers: [registry],
  });
  const commitSeconds = new Histogram({
    name: 'tianyuan_gateway_commit_seconds',
    help: 'Seconds from the beginning of a commit of messages until it was on disk',
    // From a fast disk's sync to a card that is dying: nothing else is done meanwhile.
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    registers: [registry],
  });
  const gauge = (name: string, help: string, read: (now: Status) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(status()));
      },
    });
  };
  gauge('tianyuan_gateway_log_entries', 'Entries in the log', (now) => now.logged);
  gauge('tianyuan_gateway_mirrored_entries', 'Entries that the trace API confirmed', (now) => now.mirrored);
  gauge('tianyuan_gateway_anchored_entries', 'Entries under a root in a block', (now) => now.anchored);
  gauge(
    'tianyuan_gateway_final_entries',
    'Entries under a root that the chain cannot lose',
    (now) => now.final,
  );
  gauge('tianyuan_gateway_store_used_bytes', 'Bytes of the store in use', (now) => now.capacity.usedBytes);
  gauge(
    'tianyuan_gateway_store_budget_bytes',
    'Bytes that the store may take; 0 where only the disk is the limit',
    (now) => now.capacity.budgetBytes ?? 0,
  );
  gauge('tianyuan_gateway_disk_bytes', 'Size of the disk of the store', (now) => now.capacity.diskBytes);
  gauge(
    'tianyuan_gateway_disk_free_bytes',
    'Free on the disk or inside the store',
    (now) => now.capacity.freeBytes,
  );
  gauge(
    'tianyuan_gateway_capacity_level',
    'How full the store is: 0 normal, 1 from 70 percent, 2 from 85, 3 from 95',
    (now) => capacityLevels.indexOf(now.capacity.level),
  );
  gauge('tianyuan_gateway_refusing', '1 while new messages are refused for want of room', (now) =>
    Number(now.capacity.refusing),
  );
  gauge(
    'tianyuan_gateway_dropped_payloads',
    'Payloads that went because the mirror has them and the chain cannot lose their root',
    (now) => now.capacity.dropped,
  );
  gauge(
    'tianyuan_gateway_evicted_payloads',
    'Payloads that were lost for want of room',
    (now) => now.capacity.evicted,
  );
  // Counters by what they say, gauges by how they are read: `increase(…[1d])` is the cost of a day.
  gauge(
    'tianyuan_gateway_anchor_transactions_total',
    'Transactions that anchored and were paid',
    (now) => now.anchorCost.total.transactions,
  );
  gauge('tianyuan_gateway_anchor_gas_total', 'Gas that anchoring took', (now) => now.anchorCost.total.gas);
  gauge('tianyuan_gateway_anchor_fee_wei_total', 'Wei that anchoring cost', (now) =>
    Number(now.anchorCost.total.wei),
  );
  gauge(
    'tianyuan_gateway_chain_nodes_in_trouble',
    'Nodes of the chain that are avoided now',
    (now) => now.chainNodes.filter(({ trouble }) => trouble !== undefined).length,
  );
  gauge('tianyuan_gateway_connected_devices', 'Devices connected now', (now) => now.connectedDevices);

  gauge(
    'tianyuan_gateway_registry_pending',
    'Decisions about keys that the registry on the chain does not show yet',
    (now) => now.registry.pending.length,
  );
  gauge('tianyuan_gateway_rate_limited_devices', 'Devices held back now', (now) => now.rateLimited.length);

  return {
    registry,
    broker: newDoorMetrics(registry),
    observeCommit(outcomes, tookMs) {
      commitSize.observe(outcomes.length);
      commitSeconds.observe(tookMs / 1000);
      for (const outcome of outcomes) {
        messages.inc({ code: outcome.code });
        if (outcome.code === 'LOGGED') for (const flag of outcome.flags ?? []) flagged.inc({ flag });
      }
    },
  };
}
