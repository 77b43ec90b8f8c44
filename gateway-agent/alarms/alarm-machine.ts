/** `pending`: the condition holds, not for long enough yet; `clearing`: it is over, not for long enough yet. */
export type AlarmState = 'quiet' | 'pending' | 'raised' | 'clearing';

/** `unclear` lies between the threshold that raises and the one that clears: hysteresis. */
export type Observation = 'bad' | 'unclear' | 'good';

/** How long a condition must hold, and how long it must be over, in ms of the alarm's clock. */
export type Timing = { raiseAfterMs: number; clearAfterMs: number };

/** Since when an alarm is in its state. */
export type Alarm = { state: AlarmState; since: number };

type Step = { to: AlarmState; after?: keyof Timing; effect?: 'raised' | 'cleared' };

/** Every state and everything that can be observed in it. A step with `after` waits until the state is that old. */
export const alarmSteps: Record<AlarmState, Record<Observation, Step>> = {
  quiet: { bad: { to: 'pending' }, unclear: { to: 'quiet' }, good: { to: 'quiet' } },
  pending: {
    bad: { to: 'raised', after: 'raiseAfterMs', effect: 'raised' },
    unclear: { to: 'quiet' },
    good: { to: 'quiet' },
  },
  raised: { bad: { to: 'raised' }, unclear: { to: 'raised' }, good: { to: 'clearing' } },
  clearing: {
    bad: { to: 'raised' },
    unclear: { to: 'raised' },
    good: { to: 'quiet', after: 'clearAfterMs', effect: 'cleared' },
  },
};

/**
 * The alarm after an observation. Goes on while the table lets it, since a duration of 0 raises at once; no observation
 * leads in a circle. A clock that went back starts the state's age again.
 */
export function stepAlarm(
  alarm: Alarm,
  observation: Observation,
  at: number,
  timing: Timing,
): { alarm: Alarm; effect: Step['effect'] } {
  let { state } = alarm;
  let since = Math.min(alarm.since, at);
  let effect: Step['effect'];
  for (;;) {
    const step = alarmSteps[state][observation];
    const isEarly = step.after !== undefined && at - since < timing[step.after];
    if (step.to === state || isEarly) return { alarm: { state, since }, effect };
    effect = step.effect ?? effect;
    state = step.to;
    since = at;
  }
}
