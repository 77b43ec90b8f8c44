import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isUscc, parseUscc } from './uscc.ts';

/** Written otherwise than in the parser: the weights as GB 32100-2015 table A.1 lists them. */
const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const characters = '0123456789ABCDEFGHJKLMNPQRTUWXY'.split('');
const complete = (body: string) => {
  const sum = body.split('').reduce((all, one, i) => all + characters.indexOf(one) * weights[i]!, 0);
  return body + characters[(31 - (sum % 31)) % 31]!;
};

describe('a 统一社会信用代码', () => {
  // Public: stdnum's and uscc-utils' documentation (both MIT), and registered companies.
  test.each([
    '91110000600037341L',
    '91110108551385082Q',
    '91350200776049653A',
    '91350500798359476R',
    '91440101MA5CJQ4N59',
    '91350200MA31E12PXF',
    '913502115628130384',
    '9135021359498494XQ',
    '123502001549897397',
    '91330106673959654P',
  ])('%s is taken as it is', (text) => {
    expect(parseUscc(text)).toBe(text);
    expect(isUscc(text)).toBe(true);
  });

  test.each([
    ['another check character', '91110000600037342L', /position 18, the check character, is "L"/],
    ['a body that its check character is not of', 'A1110000600037341L', /position 18/],
    ['of a pilot region, which never followed the standard', '91350100M0001TGQXM', /position 18/],
    ['a letter for a digit of the division', '9111A000600037341L', /position 5 is "A": 3 to 8 are/],
    ['I', '9111000060003734IL', /position 17 is "I": digits and capital letters other than/],
    ['O in place of nought', '9111OOOO600037341L', /position 5 is "O"/],
    ['small letters', '91110000600037341l', /position 18 is "l"/],
    ['full-width digits', '９1110000600037341L', /position 1 is "９"/],
    ['white space', '9111000060003734 L', /position 17 is " "/],
    ['a line more', '91110000600037341L\n', /has 19 characters, and 18 are needed/],
    ['nothing', '', /has 0 characters/],
  ])('with %s is refused, and told where', (_, text, why) => {
    expect(() => parseUscc(text)).toThrow(why);
    expect(() => parseUscc(text)).toThrow(expect.objectContaining({ code: 'IDENTIFIER' }));
    expect(isUscc(text)).toBe(false);
  });

  test('is taken whatever it says where it is complete, and no other character may stand at any one place', () => {
    const bodies = fc
      .tuple(
        fc.array(fc.constantFrom(...characters), { minLength: 2, maxLength: 2 }),
        fc.stringMatching(/^[0-9]{6}$/),
        fc.array(fc.constantFrom(...characters), { minLength: 9, maxLength: 9 }),
      )
      .map(([head, division, body]) => head.join('') + division + body.join(''));
    fc.assert(
      fc.property(bodies, fc.nat({ max: 17 }), fc.constantFrom(...characters), (body, at, other) => {
        const code = complete(body);
        expect(isUscc(code)).toBe(true);
        const changed = code.slice(0, at) + other + code.slice(at + 1);
        expect(isUscc(changed)).toBe(changed === code);
      }),
    );
  });
});
