import type { Fault } from './fault.ts';

const hourMs = 3_600_000;

/**
 * A clock one to twelve hours ahead. Ahead of true time, not of the device's own simulated one: a clock that is late
 * looks like a message that was kept and sent later, and nobody can tell the two apart.
 */
export const clockSkew: Fault = {
  name: 'clock-skew',
  expected: 'accepted',
  misbehave: ({ message, sign, random, wallMs }) => {
    const aheadMs = Math.round((1 + 11 * random()) * hourMs);
    const payload = sign({ ...message, time: Math.max(message.time, wallMs) + aheadMs });
    return { publications: [{ payload, fault: 'clock-skew' }], seq: message.seq };
  },
};
