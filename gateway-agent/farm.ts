import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { alarmKinds } from './alarms/alarm-kinds.ts';
import { encodeNotice } from './alarms/notice.ts';
import { type LoggedChange, type Surroundings, type Watch, openWatch } from './alarms/watch.ts';
import { listCalibrations, logCalibrations } from './calibrations/calibration-book.ts';
import { sensorText } from './calibrations/calibration.ts';
import type { Config } from './config.ts';
import { type LinkHealth, newLinkHealth } from './deliver/link-health.ts';
import { type Webhook, openWebhook, readWebhookSecret } from './deliver/webhook.ts';
import { listDevices } from './devices/device-register.ts';
import type { Keep } from './keep/keep.ts';
import type { Quarantine } from './keep/quarantine.ts';
import type { Store } from './keep/store.ts';
import type { Clock } from './log/clock.ts';

/** What the agent does at the farm beside the way of a reading: it looks after itself and its sensors. */
export type Farm = {
  watch: Watch;
  webhook: Webhook | undefined;
  /** links that are used, by name, the webhook's included */
  links: ReadonlyMap<string, LinkHealth>;
  /** of the anchoring account, as the chain last said */
  accountWei: () => bigint | undefined;
  /** resolves when the signal has stopped everything */
  run: (signal: AbortSignal) => Promise<void>;
};

/** How soon an alarm, or a change that another process made (a certificate noted), is seen. */
const lookEveryMs = 5_000;
/** A balance falls by one transaction a minute at most. */
const askBalanceEveryMs = 10 * 60_000;

export function openFarm(options: {
  config: Config;
  store: Store;
  keep: Pick<Keep, 'keepOwn' | 'together'>;
  logSize: () => number;
  quarantine: Pick<Quarantine, 'counts'>;
  clock: Clock;
  boot: number;
  announce: () => void;
  links: ReadonlyMap<string, LinkHealth>;
  askBalance: (() => Promise<bigint>) | undefined;
  /** how full the store is: of its budget or of its disk, whichever is fuller */
  usedPermille: () => number;
  /** publishes to whoever listens for alarms */
  publish: (notice: string) => void;
  /** told of what went wrong: it may be the store */
  onFault: (error: unknown) => void;
  /** anchors without waiting for the next round */
  anchorNow: ((reason: string) => void) | undefined;
  logger: Logger;
}): Farm {
  const { config, store, keep, logSize, quarantine, clock, boot, announce, askBalance, onFault, logger } =
    options;
  const webhookHealth = newLinkHealth(clock.sinceBootMs, onFault);
  const webhook = openConfiguredWebhook(config, store, clock.now, webhookHealth, logger);
  const links = new Map(options.links);
  if (webhook !== undefined) links.set('webhook', webhookHealth);
  let accountWei: bigint | undefined;

  const surroundings = (): ReturnType<Surroundings> => ({
    devices: [...new Set(listDevices(store).flatMap(({ device, revoked }) => (revoked ? [] : [device])))],
    clockIsSynchronised: clock.state() === 'synchronised',
    usedPermille: options.usedPermille(),
    links: new Map([...links].map(([name, health]) => [name, health.state()])),
    refused: Object.values(quarantine.counts()).reduce((sum, count) => sum + count, 0),
    accountWei,
    expiredCalibrations: expiredCalibrations(store, clock.now()),
  });

  const onStored = (changes: readonly LoggedChange[]): void => {
    announce();
    webhook?.announce();
    for (const change of changes) {
      const { kind, subject, detail } = change;
      logger.warn({ alarm: kind, subject, detail, entry: change.index }, `alarm ${change.change}`);
      options.publish(encodeNotice(config, change));
      if (change.change === 'raised' && alarmKinds[kind].severity === 'critical')
        options.anchorNow?.(`alarm ${kind} ${subject}`);
    }
  };
  const watch = openWatch({
    store,
    keep,
    rules: config.alarms,
    surroundings,
    boot,
    now: clock.now,
    sinceBootMs: clock.sinceBootMs,
    logSize,
    onLogged: (change) => webhook?.put(encodeNotice(config, change), clock.now()),
    onStored,
    onFault,
    logger,
  });

  async function look(): Promise<void> {
    try {
      if (logCalibrations(store, keep) > 0) announce();
    } catch (error) {
      onFault(error);
      logger.error({ err: error }, 'calibrations could not be logged and will be tried again');
    }
    await watch.look();
  }

  async function refreshBalance(): Promise<void> {
    // A chain that does not answer is the link's alarm; what it last said stands.
    accountWei = (await askBalance?.().catch(() => undefined)) ?? accountWei;
  }

  return {
    watch,
    webhook,
    links,
    accountWei: () => accountWei,
    async run(signal) {
      await Promise.all([
        every(lookEveryMs, look, signal),
        askBalance && every(askBalanceEveryMs, refreshBalance, signal),
        webhook?.run(signal),
      ]);
    },
  };
}

/** Does `work` now, and again so long after each end, until the signal stops it. */
async function every(ms: number, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work();
    await delay(ms, undefined, { signal }).catch(() => {});
  }
}

function openConfiguredWebhook(
  { alarms: { webhook }, gateway }: Config,
  store: Store,
  now: () => number,
  health: LinkHealth,
  logger: Logger,
): Webhook | undefined {
  if (webhook === undefined) return undefined;
  const secret = readWebhookSecret(webhook.secretFile);
  return openWebhook({ url: webhook.url, secret, gateway, store, now, health, logger });
}

/** Sensors whose newest certificate has run out, and how long ago, ms. */
function expiredCalibrations(store: Store, now: number): Map<string, number> {
  const bySensor = Map.groupBy(listCalibrations(store), sensorText);
  return new Map(
    [...bySensor].flatMap(([sensor, certificates]) => {
      const until = Math.max(...certificates.map(({ validUntil }) => validUntil));
      return until <= now ? [[sensor, now - until] as const] : [];
    }),
  );
}
