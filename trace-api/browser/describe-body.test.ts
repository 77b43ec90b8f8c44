import { bodyNames } from '@tianyuan/protocol';
import { sampleBodies } from '@tianyuan/protocol/vectors/sample-bodies.ts';
import { expect, test } from 'vitest';
import { sayIn } from '../show/language.ts';
import { bodyClaims } from './describe-body.ts';

const told = (name: (typeof bodyNames)[number], language: 'zh' | 'en') =>
  bodyClaims(sampleBodies[name], language, sayIn(language)).map(({ term, text }) => `${term}: ${text}`);

test.each([
  ['readings', ['Temperature: −18.25\u00a0°C']],
  ['binding', ['Binds the device: th-0007', 'To: truck 鲁F·A1234', /^From: .*2026/, /^Until: .*2026/]],
  ['event', ['Event: transformation event', /^Time of the event: .*2026/, 'Business step: commissioning']],
  [
    'report',
    [
      'Report: inspection report',
      'Issued by: 91370600MA3C0FFEE1',
      'About: batch 烟台-0912',
      `SHA-256 of the file: ${'a3'.repeat(32)}`,
      'Score: 97.5\u00a0%',
    ],
  ],
  [
    'rotation',
    ['New key: key 3 of th-0007', /^New public key: /, "The old key's last message: boot 3, message 41"],
  ],
] as const)('%s in human units', (name, lines) => {
  const english = told(name, 'en');
  expect(english).toHaveLength(lines.length);
  lines.forEach((line, i) => expect(english[i]).toMatch(line));
});

test.each(bodyNames)('%s in Chinese', (name) => {
  for (const line of told(name, 'zh')) expect(line).toMatch(/^\p{Script=Han}/u);
});
