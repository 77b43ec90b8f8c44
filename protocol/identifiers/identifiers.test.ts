import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digitalLinkPath, isLot, parseDigitalLink } from './digital-link.ts';
import { gs1CheckDigit, hasGs1CheckDigit } from './gs1-check-digit.ts';
import { isGtin, parseGtin } from './gtin.ts';

describe('a GS1 check digit', () => {
  // GS1's published examples: "How to calculate a check digit manually", the General Specifications, the Digital Link standard.
  test.each([
    ['GTIN-13', '6291041500213'],
    ['GTIN-8', '96385074'],
    ['GTIN-12', '614141007349'],
    ['GTIN-14', '09506000134352'],
    ['GTIN-14', '10614141000415'],
    ['GTIN-13', '9506000134352'],
    ['GLN', '9506000149301'],
    ['GLN', '0614141000012'],
    ['SSCC', '106141412345678908'],
    ['SSCC', '095060001343520003'.slice(0, 17) + gs1CheckDigit('09506000134352000')],
    ['a Chinese GTIN-13', '6901234567892'],
  ])('%s %s', (_, identifier) => {
    expect(hasGs1CheckDigit(identifier)).toBe(true);
    expect(gs1CheckDigit(identifier.slice(0, -1))).toBe(Number(identifier.at(-1)));
  });

  test('finds any one wrong digit, and leading zeros change nothing', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9]{7,17}$/),
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        (digits, at, by) => {
          const identifier = digits + gs1CheckDigit(digits);
          expect(hasGs1CheckDigit(identifier)).toBe(true);
          expect(hasGs1CheckDigit(`00${identifier}`)).toBe(true);
          const i = at % identifier.length;
          const wrong =
            identifier.slice(0, i) + ((Number(identifier[i]) + by) % 10) + identifier.slice(i + 1);
          expect(hasGs1CheckDigit(wrong)).toBe(false);
        },
      ),
    );
  });

  test.each(['', '0', 'a', '1a', '１２', '629104150021X', ' 6291041500213', '6291041500213\n', '-6', '1.0'])(
    '%j has none',
    (text) => expect(hasGs1CheckDigit(text)).toBe(false),
  );
});

describe('parseGtin', () => {
  test.each([
    ['96385074', '00000096385074'],
    ['614141007349', '00614141007349'],
    ['6291041500213', '06291041500213'],
    ['09506000134352', '09506000134352'],
  ])('%s is %s', (text, gtin) => {
    expect(parseGtin(text)).toBe(gtin);
    expect(parseGtin(gtin)).toBe(gtin);
    expect(isGtin(text)).toBe(true);
  });

  test.each([
    ['a wrong check digit', '6291041500214'],
    ['9 digits', '009638507'],
    ['10 digits', '0096385074'],
    ['11 digits', '00096385074'],
    ['15 digits', '009506000134352'],
    ['an SSCC', '106141412345678908'],
    ['nothing', ''],
    ['letters', '629104150021a'],
    ['spaces', '6291041 500213'],
    ['a newline', '6291041500213\n'],
    ['full-width digits', '６２９１０４１５００２１３'],
  ])('refuses %s', (_, text) => {
    expect(() => parseGtin(text)).toThrow(expect.objectContaining({ code: 'IDENTIFIER' }));
    expect(isGtin(text)).toBe(false);
  });
});

const gtin = '09506000134352';

describe('a Digital Link', () => {
  test('is the path of GTIN and lot', () => {
    expect(digitalLinkPath({ gtin, lot: 'ABC123' })).toBe('/01/09506000134352/10/ABC123');
    expect(digitalLinkPath({ gtin: '9506000134352', lot: 'ABC123' })).toBe('/01/09506000134352/10/ABC123');
  });

  test.each([
    'https://id.gs1.org/01/09506000134352/10/ABC123',
    'https://example.com/some/path/01/09506000134352/10/ABC123',
    'https://example.com/01/9506000134352/10/ABC123',
    'https://example.com/01/09506000134352/10/ABC123?17=261231&linkType=gs1:pip',
    'https://example.com/01/09506000134352/10/ABC123#part',
    'https://example.com/01/09506000134352/10/%41BC123',
    '/01/09506000134352/10/ABC123',
  ])('%s is read', (uri) => {
    expect(parseDigitalLink(uri)).toEqual({ gtin, lot: 'ABC123' });
  });

  test("every lot survives, through the path and through a browser's URL", () => {
    const characters =
      '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'.split('');
    expect(characters).toHaveLength(82);
    const lots = fc
      .array(fc.constantFrom(...characters), { minLength: 1, maxLength: 20 })
      .map((array) => array.join(''));
    fc.assert(
      fc.property(
        lots.filter((lot) => lot !== '.' && lot !== '..'),
        (lot) => {
          const path = digitalLinkPath({ gtin, lot });
          expect(path).toMatch(/^\/01\/\d{14}\/10\/[A-Za-z0-9%!'()*._-]+$/);
          expect(parseDigitalLink(path)).toEqual({ gtin, lot });
          expect(parseDigitalLink(`https://example.com${path}`)).toEqual({ gtin, lot });
          expect(parseDigitalLink(new URL(path, 'https://example.com').href)).toEqual({ gtin, lot });
          expect(parseDigitalLink(new URL(`${path}?q=1`, 'https://example.com').pathname)).toEqual({
            gtin,
            lot,
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  // A browser, and every URL parser, climbs at a dot segment, even one written %2e: such a lot has no link.
  test.each(['.', '..'])('the lot %j is refused: no URL can carry it', (lot) => {
    expect(isLot(lot)).toBe(false);
    expect(() => digitalLinkPath({ gtin, lot })).toThrow(expect.objectContaining({ code: 'IDENTIFIER' }));
    expect(() => parseDigitalLink(`/01/${gtin}/10/${lot}`)).toThrow(
      expect.objectContaining({ code: 'IDENTIFIER' }),
    );
  });

  test.each([
    '',
    'x'.repeat(21),
    'a b',
    '批次',
    'a#b',
    'a$b',
    'a@b',
    'a[b',
    'a\\b',
    'a^b',
    'a`b',
    'a{b',
    'a|b',
    'a~b',
    'a\n',
    'a\0b',
    'é',
  ])('the lot %j is refused', (lot) => {
    expect(isLot(lot)).toBe(false);
    expect(() => digitalLinkPath({ gtin, lot })).toThrow(expect.objectContaining({ code: 'IDENTIFIER' }));
  });

  test.each([
    '',
    '/',
    '/01/09506000134352',
    '/01/09506000134352/10/',
    '/01/09506000134352/10',
    '/01/09506000134353/10/ABC', // check digit
    '/01/123/10/ABC',
    '/01/0950600013435a/10/ABC',
    '/1/09506000134352/10/ABC',
    '/01/09506000134352/21/ABC',
    '/01/09506000134352/10/ABC/21/1',
    '/01/09506000134352/10/ABC/',
    '/01/09506000134352/10/%',
    '/01/09506000134352/10/%zz',
    '/01/09506000134352/10/%ff',
    '/01/09506000134352/10/%00',
    '/01/09506000134352/10/a%20b',
    '/01/09506000134352/10/%E6%89%B9',
    '/01/09506000134352/10/' + 'a'.repeat(21),
    'https://example.com/?next=/01/09506000134352/10/ABC123',
    'https://example.com/#/01/09506000134352/10/ABC123',
    '/01/09506000134352/10/ABC123\n',
  ])('%j is refused', (uri) => {
    expect(() => parseDigitalLink(uri)).toThrow(expect.objectContaining({ code: 'IDENTIFIER' }));
  });
});
