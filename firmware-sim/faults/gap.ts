import type { Fault } from './fault.ts';

/** One to five numbers that no message carries: messages lost before they could be stored. */
export const gap: Fault = {
  name: 'gap',
  expected: 'accepted',
  misbehave: ({ message, sign, random }) => {
    const seq = message.seq + 1 + Math.floor(random() * 5);
    return { publications: [{ payload: sign({ ...message, seq }), fault: 'gap' }], seq };
  },
};
