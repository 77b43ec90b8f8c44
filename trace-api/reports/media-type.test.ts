import { expect, test } from 'vitest';
import { sniffMediaType } from './media-type.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0);

test.each<[string, Uint8Array, string | undefined, string | undefined]>([
  ['a PDF', utf8('%PDF-1.7\n'), 'application/pdf', 'application/pdf'],
  ['a PDF that says it is a picture', utf8('%PDF-1.7\n'), 'image/png', 'application/pdf'],
  ['a PNG', png, undefined, 'image/png'],
  ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'application/octet-stream', 'image/jpeg'],
  ['JSON', utf8('{"a":1}'), 'application/json; charset=utf-8', 'application/json'],
  ['CSV', utf8('nm,counts\n400,12\n'), 'Text/CSV', 'text/csv'],
  ['text that says it is JSON', utf8('hello'), 'application/json', undefined],
  ['HTML', utf8('<script>alert(1)</script>'), 'text/html', undefined],
  ['SVG', utf8('<svg onload="x"/>'), 'image/svg+xml', undefined],
  ['text of no type', utf8('hello'), undefined, undefined],
  ['bytes that say they are CSV', Uint8Array.of(0, 1, 2), 'text/csv', undefined],
  ['Latin-1 that says it is CSV', Uint8Array.of(0x61, 0xe9), 'text/csv', undefined],
  ['nothing', new Uint8Array(0), 'image/png', undefined],
])('%s', (_name, bytes, said, type) => {
  expect(sniffMediaType(bytes, said)).toBe(type);
});
