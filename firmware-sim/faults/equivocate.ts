import { isInRange, type Reading } from '@tianyuan/protocol';
import type { Fault } from './fault.ts';

/** Two messages under one boot and seq, both properly signed: a device that tells two stories. */
export const equivocate: Fault = {
  name: 'equivocate',
  expected: 'evidence',
  code: 'EQUIVOCATION',
  misbehave: ({ message, sign }) => {
    const [first, ...rest] = message.readings;
    const other = { ...message, readings: [otherReading(first!), ...rest] };
    return {
      publications: [
        { payload: sign(message), fault: null },
        { payload: sign(other), fault: 'equivocate' },
      ],
      seq: message.seq,
    };
  },
};

/** The smallest lie: one unit up, or down where up is out of range. */
function otherReading(reading: Reading): Reading {
  const { type, value } = reading;
  if (typeof value !== 'number') return { ...reading, value: [value[0] + 1, value[1]] };
  return { ...reading, value: isInRange(type, value + 1) ? value + 1 : value - 1 };
}
