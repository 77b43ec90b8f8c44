import { Counter, type Registry } from 'prom-client';
import type { BrokerEvents } from './embedded-broker.ts';
import { turnedAwayReasons } from './turned-away.ts';

/** Counts whom the broker turned away and whom it held back. */
export function newDoorMetrics(registry: Registry): BrokerEvents {
  const turnedAway = new Counter({
    name: 'tianyuan_gateway_connections_turned_away_total',
    help: 'Connections that were not let in or were ended, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  // So that an alarm on an increase sees the first one too.
  for (const reason of turnedAwayReasons) turnedAway.inc({ reason }, 0);
  const rateLimited = new Counter({
    name: 'tianyuan_gateway_rate_limited_total',
    help: 'Times that a device began to be held back because it sent too fast',
    registers: [registry],
  });
  return {
    onTurnedAway: (reason) => turnedAway.inc({ reason }),
    // By number only: a label for each device would have no bound; the status names them.
    onRateLimited: () => rateLimited.inc(),
  };
}
