import type { Fault } from './fault.ts';

/**
 * Messages from the hang of a sensor bus to the watchdog's reset. Long enough that no live sensor with its flutter repeats
 * itself as often.
 */
export const stuckMessages = 24;

/** The sensor bus hangs: time goes on, and the values stay those of the moment in which it hung. */
export const stuck: Fault = {
  name: 'stuck',
  expected: 'accepted',
  misbehave: ({ message, sign, hungReadings }) => ({
    publications: [{ payload: sign({ ...message, readings: hungReadings() }), fault: 'stuck' }],
    seq: message.seq,
  }),
};
