import type { LinkState } from '../deliver/link-health.ts';
import type { AlarmDetail, AlarmKind } from './alarm-kinds.ts';
import type { Observation, Timing } from './alarm-machine.ts';
import type { AlarmRules } from './alarm-rules.ts';

/** What the watch sees of the gateway at one look. Times are monotonic ms of the process. */
export type Look = {
  /** monotonic now, and the wall clock's distance from it */
  sinceBootMs: number;
  wallAheadMs: number;
  clockIsSynchronised: boolean;
  /** enrolled devices, and when each was last heard since the start, undefined for not at all */
  heard: ReadonlyMap<string, number | undefined>;
  usedPermille: number;
  links: ReadonlyMap<string, LinkState>;
  /** messages refused, ever */
  refused: number;
  /** wei, where the chain has been asked */
  accountWei: bigint | undefined;
  /** sensors whose last certificate has run out, and how long ago, ms */
  expiredCalibrations: ReadonlyMap<string, number>;
  /** devices that contradicted themselves since the last look */
  equivocated: ReadonlySet<string>;
};

/** An observation for one alarm, with the time that it must last. */
export type Observed = {
  kind: AlarmKind;
  subject: string;
  saw: Observation;
  timing: Timing;
  detail: AlarmDetail;
};

const minuteMs = 60_000;
/** A disk that is just at its mark must not raise and clear with every file. */
const diskHysteresisPermille = 50;
/** A jump is a moment; it is shown for so long. */
const jumpShownMs = 10 * minuteMs;
/** Of a contradiction there is no end that could be seen; it is shown for so long after the last one. */
export const equivocationShownMs = 24 * 60 * minuteMs;
const settleMs = minuteMs;

/** All conditions but those of temperatures, at one look. `before` is the look before it. Pure. */
export function observeLook(
  rules: AlarmRules,
  before: Look | undefined,
  now: Look,
  refusedLastHour: number,
): Observed[] {
  return [
    ...silentDevices(rules, now),
    ...disk(rules, now),
    clockJump(rules, before, now),
    one(
      'clock-unsynchronised',
      '',
      now.clockIsSynchronised ? 'good' : 'bad',
      rules.clockUnsynchronisedAfterMs,
      settleMs,
      {},
    ),
    ...links(rules, now),
    quarantine(rules, refusedLastHour),
    ...account(rules, now),
    ...[...now.expiredCalibrations].map(([sensor, expiredForMs]) =>
      one('calibration-expired', sensor, 'bad', 0, 0, { expiredForMs }),
    ),
    ...[...now.equivocated].map((device) =>
      one('equivocation', device, 'bad', 0, equivocationShownMs, { device }),
    ),
  ];
}

function silentDevices({ deviceSilentAfterMs }: AlarmRules, { heard, sinceBootMs }: Look): Observed[] {
  // Silence counts while we listen only: after a gateway's own absence every device would be silent.
  return [...heard].map(([device, at]) => {
    const silentForMs = sinceBootMs - (at ?? 0);
    const saw = silentForMs >= deviceSilentAfterMs ? 'bad' : 'good';
    return one('device-silent', device, saw, 0, 0, { silentForMs });
  });
}

function disk({ diskUsedPermille: limit }: AlarmRules, { usedPermille }: Look): Observed[] {
  const saw =
    usedPermille >= limit ? 'bad' : usedPermille < limit - diskHysteresisPermille ? 'good' : 'unclear';
  return [one('disk', '', saw, 0, settleMs, { usedPermille })];
}

function clockJump({ clockJumpMs }: AlarmRules, before: Look | undefined, now: Look): Observed {
  const jumpMs = before === undefined ? 0 : Math.round(now.wallAheadMs - before.wallAheadMs);
  return one('clock-jumped', '', Math.abs(jumpMs) > clockJumpMs ? 'bad' : 'good', 0, jumpShownMs, { jumpMs });
}

function links({ linkDownAfterMs }: AlarmRules, { links: all, sinceBootMs }: Look): Observed[] {
  return [...all].map(([link, state]) => {
    const downForMs = state.is === 'down' ? Math.round(sinceBootMs - state.since) : 0;
    const saw = state.is !== 'down' ? 'good' : downForMs >= linkDownAfterMs ? 'bad' : 'unclear';
    const reason = state.is === 'down' ? { reason: state.reason } : {};
    return one('link-down', link, saw, 0, settleMs, { downForMs, ...reason });
  });
}

function quarantine({ quarantinePerHour }: AlarmRules, refusedLastHour: number): Observed {
  const saw =
    refusedLastHour >= quarantinePerHour
      ? 'bad'
      : refusedLastHour < quarantinePerHour / 2
        ? 'good'
        : 'unclear';
  return one('quarantine-growing', '', saw, 0, settleMs, { refusedLastHour });
}

function account({ accountMinWei }: AlarmRules, { accountWei }: Look): Observed[] {
  const least = BigInt(accountMinWei);
  if (accountWei === undefined || least === 0n) return [];
  const saw = accountWei < least ? 'bad' : 'good';
  return [
    one('account-underfunded', '', saw, 0, settleMs, { wei: String(accountWei), leastWei: accountMinWei }),
  ];
}

function one(
  kind: AlarmKind,
  subject: string,
  saw: Observation,
  raiseAfterMs: number,
  clearAfterMs: number,
  detail: AlarmDetail,
): Observed {
  return { kind, subject, saw, timing: { raiseAfterMs, clearAfterMs }, detail };
}
