import type { Fault } from './fault.ts';

/** An earlier payload byte for byte, as somebody on the line could send it. It takes no number of the device's own. */
export const replay: Fault = {
  name: 'replay',
  expected: 'deduplicated',
  code: 'DUPLICATE',
  misbehave: ({ message, random, acknowledged }) => {
    const payload = acknowledged[Math.floor(random() * acknowledged.length)];
    if (payload === undefined) return undefined;
    return { publications: [{ payload, fault: 'replay' }], seq: message.seq - 1 };
  },
};
