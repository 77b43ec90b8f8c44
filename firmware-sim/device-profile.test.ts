import { expect, test } from 'vitest';
import { deviceProfileSchema } from './device-profile.ts';

test.each([
  ['mix,json', { fleetKind: 'mix', messages: 'json' }],
  ['cose', { fleetKind: 'mix', messages: 'cose' }],
  ['truck', { fleetKind: 'truck', messages: 'json' }],
  ['cose,soil', { fleetKind: 'soil', messages: 'cose' }],
])('%s', (text, profile) => {
  expect(deviceProfileSchema.parse(text)).toEqual(profile);
});

test.each([
  ['xml', /there is no xml; there are mix, orchard, soil, truck, json, cose/],
  ['', /there is no/],
  ['truck,soil', /at most one/],
  ['json,cose', /at most one/],
])('%j is refused', (text, message) => {
  expect(deviceProfileSchema.safeParse(text).error?.message).toMatch(message);
});
