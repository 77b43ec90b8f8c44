import { expect, test } from 'vitest';
import { linkTrouble } from './link-trouble.ts';

const place = {
  broker: 'mqtt://farm:1883',
  gateway: 'gw-1',
  device: 'soil-02',
  enrolmentFile: 'state/enrolment.json',
};
const error = (code: string | number) => Object.assign(new Error('as MQTT.js says it'), { code });

test.each([
  [4, 'state/enrolment.json'],
  [5, 'state/enrolment.json'],
  [2, 'client id'],
  [3, 'tries again'],
  ['ECONNREFUSED', '--broker'],
  ['ENOTFOUND', '--broker'],
  ['EPIPE', 'as MQTT.js says it'],
])('trouble %s names the broker and what to do', (code, hint) => {
  const { reason, text } = linkTrouble(error(code), place);
  expect(reason).toBe(String(code));
  expect(text).toContain(place.broker);
  expect(text).toContain(hint);
});
