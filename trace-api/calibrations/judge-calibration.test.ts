import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeCalibration } from './judge-calibration.ts';

const when = fc.integer({ min: 0, max: 30 });
const validity = fc.tuple(when, fc.integer({ min: 1, max: 15 })).map(([validFrom, length]) => ({
  validFrom,
  validUntil: validFrom + length,
}));

test('is calibrated when every moment has a certificate, as somebody would find who looks at each', () => {
  fc.assert(
    fc.property(fc.array(validity, { maxLength: 6 }), when, when, (certificates, a, b) => {
      const period = { from: Math.min(a, b), to: Math.max(a, b) };
      let everyMoment = true;
      for (let at = period.from; at <= period.to; at++)
        everyMoment &&= certificates.some(({ validFrom, validUntil }) => validFrom <= at && at < validUntil);
      const expected = certificates.length === 0 ? 'none' : everyMoment ? 'calibrated' : 'expired';
      expect(judgeCalibration(certificates, period)).toBe(expected);
    }),
  );
});
