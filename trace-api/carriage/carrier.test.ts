import { expect, test } from 'vitest';
import { batchUris, carrierUri, deviceOf } from './carrier.ts';

test('a carrier has the URI that events name it by', () => {
  expect(carrierUri({ kind: 'truck', id: '赣B·12345' })).toBe('urn:tianyuan:truck:%E8%B5%A3B%C2%B712345');
  expect(carrierUri({ kind: 'box', id: '106141412345678908' })).toBe(
    'https://id.gs1.org/00/106141412345678908',
  );
  expect(carrierUri({ kind: 'box', id: '106141412345678907' })).toBe('urn:tianyuan:box:106141412345678907');
});

test('a batch is known by its id and by its lot', () => {
  expect(batchUris({ batchId: 'GN-1', gtin: '06901234567892', lot: 'A/1' })).toEqual([
    'urn:tianyuan:batch:GN-1',
    'https://id.gs1.org/01/06901234567892/10/A%2F1',
  ]);
});

test('only the URI of a device is one', () => {
  expect(deviceOf('urn:tianyuan:device:th-1')).toBe('th-1');
  expect(deviceOf('urn:tianyuan:truck:th-1')).toBeUndefined();
});
