import { fileURLToPath } from 'node:url';
import { type TrustPolicy } from '@tianyuan/protocol';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { pathOf } from '../components.ts';
import type { Signed } from './bundle-under-test.ts';

/** The same two measurements in headless Chromium, on the same source: medians in ms. */
export async function verifyInChromium(work: {
  bundle: object;
  policy: TrustPolicy;
  signed: Signed[];
  rounds: number;
}): Promise<{ wholeMs: number; bareMs: number }> {
  const protocol = fileURLToPath(new URL('../../protocol/index.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [protocol],
    bundle: true,
    format: 'iife',
    globalName: 'tianyuan',
    platform: 'browser',
    minify: true,
    write: false,
  });
  const executablePath = pathOf('chromium');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0]!.text });
    const signed = work.signed.map((one) => Object.values(one).map((bytes) => [...bytes]));
    return await page.evaluate(
      async ({ bundle, policy, signed: lists, rounds }) => {
        const { tianyuan } = globalThis as unknown as { tianyuan: typeof import('@tianyuan/protocol') };
        const keys = lists.map((list) => list.map((bytes) => Uint8Array.from(bytes)));
        const bare: number[] = [];
        const whole: number[] = [];
        for (let i = 0; i < rounds; i++) {
          const began = performance.now();
          for (const [publicKey, message, signature] of keys) {
            if (!tianyuan.verifyEd25519(publicKey!, message!, signature!))
              throw new Error('a signature does not verify');
          }
          bare.push((performance.now() - began) / keys.length);
          const start = performance.now();
          const { checks } = await tianyuan.verifyBundle(bundle, policy);
          whole.push(performance.now() - start);
          if (checks.slice(0, 6).some(({ status }) => status !== 'passed'))
            throw new Error(JSON.stringify(checks));
        }
        const median = (values: number[]): number =>
          values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
        return { wholeMs: median(whole), bareMs: median(bare) };
      },
      { bundle: work.bundle, policy: work.policy, signed, rounds: work.rounds },
    );
  } finally {
    await browser.close();
  }
}
