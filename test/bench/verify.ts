import { type Bench, must, quantile, row, seconds } from './bench-row.ts';
import { bundleUnderTest } from './bundle-under-test.ts';
import { verifyInChromium } from './verify-in-chromium.ts';
import { verifyBundle, verifyEd25519 } from '@tianyuan/protocol';

/** A message signature and the checkpoint's. */
const signatures = 2;
const rounds = 200;

export const verify: Bench = {
  name: 'verify',
  about:
    'one bundle with pinned keys; baseline: its signatures by the bare portable verifier, in Node and in headless Chromium',
  async *run() {
    for (const size of [10_000, 1_000_000]) {
      const { bundle, policy, signed } = bundleUnderTest(size);
      const bare: number[] = [];
      const whole: number[] = [];
      for (let i = 0; i < rounds; i++) {
        const began = process.hrtime.bigint();
        for (const { publicKey, message, signature } of signed)
          must(verifyEd25519(publicKey, message, signature), 'a signature');
        bare.push((seconds(began) * 1000) / signed.length);
        const start = process.hrtime.bigint();
        const { checks } = await verifyBundle(bundle, policy);
        whole.push(seconds(start) * 1000);
        must(
          checks.slice(0, 6).every(({ status }) => status === 'passed'),
          JSON.stringify(checks),
        );
      }
      yield verifyRow(
        `Node, log of ${size.toLocaleString('en')}`,
        quantile(whole, 0.5),
        quantile(bare, 0.5),
        0.5,
      );
      const browser = await verifyInChromium({ bundle, policy, signed, rounds });
      yield verifyRow(`Chromium, log of ${size.toLocaleString('en')}`, browser.wholeMs, browser.bareMs, 5);
    }
  },
};

function verifyRow(size: string, wholeMs: number, bareMs: number, extraMs: number) {
  const limit = 1.3 * signatures * bareMs + extraMs;
  return row(
    {
      bench: 'verify',
      size,
      figure: wholeMs,
      unit: 'ms',
      baseline: signatures * bareMs,
      target: `<= 1.3 x ${signatures} x verify + ${extraMs} ms = ${limit.toFixed(2)} ms`,
    },
    (_, figure) => figure <= limit,
  );
}
