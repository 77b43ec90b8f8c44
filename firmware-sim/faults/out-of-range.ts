import { dataDictionary, gpsRange, type Reading } from '@tianyuan/protocol';
import type { Fault } from './fault.ts';

/** One reading that physics forbids, properly signed: a broken sensor on an honest device. */
export const outOfRange: Fault = {
  name: 'out-of-range',
  expected: 'accepted',
  misbehave: ({ message, sign, random }) => {
    const broken = Math.floor(random() * message.readings.length);
    const readings = message.readings.map((reading, i) =>
      i === broken ? impossible(reading, random) : reading,
    );
    return {
      publications: [{ payload: sign({ ...message, readings }), fault: 'out-of-range' }],
      seq: message.seq,
    };
  },
};

function impossible(reading: Reading, random: () => number): Reading {
  const beyond = 1 + Math.floor(random() * 1000);
  if (typeof reading.value !== 'number') {
    return { ...reading, value: [gpsRange.latitude + beyond, reading.value[1]] };
  }
  const [min, max] = dataDictionary[reading.type].range;
  return { ...reading, value: random() < 0.5 ? min - beyond : max + beyond };
}
