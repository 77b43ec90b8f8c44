import type { Logger } from 'pino';
import { releaseToStart, withReserve } from './capacity/reserve-file.ts';
import { chooseSource } from './clock/choose-source.ts';
import { watchClock } from './clock/watch-clock.ts';
import type { Config } from './config.ts';
import { type Growth, newGrowth } from './deliver/growth.ts';
import { type Devices, openDevices } from './devices/open-devices.ts';
import { checkOrigin, countBoot } from './keep/start.ts';
import { type Keep, openKeep } from './keep/keep.ts';
import { openOrSalvage } from './keep/open-or-salvage.ts';
import { type Quarantine, openQuarantine } from './keep/quarantine.ts';
import type { Store } from './keep/store.ts';
import { type Clock, systemClock } from './log/clock.ts';
import { type Log, openLog } from './log/log.ts';
import { encodeStatement } from './log/statement.ts';
import { openJudge } from './rules/judge.ts';
import type { RuleSet } from './rules/rule-set.ts';
import { openRuleSource } from './rules/rule-source.ts';

/** What keeps and logs: the store, its log, and what the gateway says in it of itself. */
export type Keeping = {
  store: Store;
  boot: number;
  clock: Clock;
  log: Log;
  quarantine: Quarantine;
  /** who may speak: a rotation that is kept changes it in the same transaction */
  devices: Devices;
  keep: Keep;
  /** told whenever the log has grown */
  growth: Growth;
  keepStatement: (payload: Uint8Array) => void;
  /** states what is new of store, clock and rules, after the boot; and what changes from then on */
  start: () => void;
  /** reads the rule file again */
  reload: () => void;
  close: () => void;
};

/**
 * Opens the store, or what can be saved of it, and everything that writes to it. The caller holds the data directory.
 * @throws GatewayError STORE_FAILED; CONFIG for another log's origin or a rule file that cannot be used
 */
export async function openKeeping(config: Config, logger: Logger): Promise<Keeping> {
  const sayGiven = (): void =>
    logger.error('the disk is full; the reserve is given back to start, and new messages are refused');
  if (releaseToStart(config.dataDir)) sayGiven();
  const { store, salvaged, boot } = withReserve(config.dataDir, () => openCounted(config, logger), sayGiven);
  const clockWatch = watchClock({
    source: chooseSource(config.clock.source),
    holdoverMs: config.clock.holdoverMs,
    wall: Date.now,
    monotonic: () => performance.now(),
    say: (statement) => keepStatement(encodeStatement(statement)),
  });
  await clockWatch.look();
  const clock = systemClock(clockWatch.state);
  const log = openLog(store);
  const quarantine = openQuarantine(store, config.quarantineMaxBytes);
  const rules = openRuleSource(config.rulesFile, { logger, onChange: stateRules });
  const judge = openJudge(store, rules.current);
  const devices = await openDevices(store, config, { logger, now: clock.now });
  const keep = openKeep(store, log, quarantine, { boot, clock, judge, onRotation: devices.onRotation });
  const growth = newGrowth();

  function keepStatement(payload: Uint8Array): void {
    keep.keepOwn('statement', payload);
    growth.announce();
  }
  function stateRules(now: RuleSet): void {
    if (now.digest !== undefined) keepStatement(encodeStatement({ statement: 'rules', digest: now.digest }));
  }

  return {
    store,
    boot,
    clock,
    log,
    quarantine,
    devices,
    keep,
    growth,
    keepStatement,
    start() {
      if (salvaged !== undefined) {
        const { rows: _, ...told } = salvaged;
        keepStatement(encodeStatement({ statement: 'salvage', ...told }));
      }
      clockWatch.start();
      stateRules(rules.current());
    },
    reload: rules.reload,
    close() {
      rules.close();
      clockWatch.close();
    },
  };
}

/** A start is counted before anything else is written: it is the first write, and must leave nothing open where it fails. */
function openCounted({ dataDir, origin }: Config, logger: Logger) {
  const opened = openOrSalvage(dataDir, Date.now(), logger);
  try {
    checkOrigin(opened.store, origin);
    return { ...opened, boot: countBoot(opened.store) };
  } catch (error) {
    opened.store.close();
    throw error;
  }
}
