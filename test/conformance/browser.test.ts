import { fileURLToPath } from 'node:url';
import { type Context, createContext, runInContext } from 'node:vm';
import { cosePayload, makeSample, without } from '@tianyuan/protocol/vectors/sample-bundle.ts';
import recorded from '@tianyuan/protocol/vectors/clique-evidence.json' with { type: 'json' };
import type { JsonRpc } from '@tianyuan/protocol';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';

// The inspector's page verifies with the same source as everybody else. This is that source, bundled as for a browser
// and run where there is nothing of Node.

const entry = fileURLToPath(import.meta.resolve('@tianyuan/protocol'));
let bundled: { code: string; inputs: string[]; warnings: unknown[] };

beforeAll(async () => {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'protocol',
    target: 'es2022',
    logLevel: 'silent',
  });
  bundled = {
    code: result.outputFiles[0]!.text,
    inputs: Object.keys(result.metafile.inputs),
    warnings: result.warnings,
  };
});

/** The globals of a web page that the protocol may use, and none that only Node has. */
function webPage(strict: boolean): Context {
  const { TextEncoder, TextDecoder, atob, btoa, crypto, URL, AbortSignal, structuredClone, Uint8Array } =
    globalThis;
  const fetch = () => Promise.reject(new TypeError('the network is unplugged'));
  // A page has one realm: the arrays that TextEncoder makes are its own.
  return createContext(
    { TextEncoder, TextDecoder, atob, btoa, crypto, URL, AbortSignal, structuredClone, fetch, Uint8Array },
    {
      // What a Content-Security-Policy without 'unsafe-eval' does; zod has a path of its own for it.
      codeGeneration: { strings: !strict, wasm: false },
    },
  );
}

type Page = {
  verify(
    text: string,
    policy: object,
    rpc?: JsonRpc,
  ): Promise<{ verdict: string; checks: { name: string; status: string }[] }>;
};

function load(strict: boolean): Page {
  const context = webPage(strict);
  runInContext(bundled.code, context);
  return runInContext(
    '({ verify: (text, policy, rpc) => protocol.verifyBundle(JSON.parse(text), rpc ? { ...policy, rpc } : policy) })',
    context,
  ) as Page;
}

describe('the protocol in a browser', () => {
  test('is bundled without one module of Node', () => {
    expect(bundled.warnings).toEqual([]);
    expect(bundled.inputs.length).toBeGreaterThan(30);
    expect(
      bundled.inputs.filter((path) => /^node:|node_modules\/(buffer|crypto-browserify|process)\//.test(path)),
    ).toEqual([]);
    expect(bundled.code).not.toMatch(/require\(["']/);
  });

  test('runs where there is no process, no Buffer and no require', () => {
    const absent = runInContext(
      '[typeof process, typeof Buffer, typeof require, typeof global, typeof module]',
      webPage(false),
    ) as string[];
    expect([...absent]).toEqual(new Array(5).fill('undefined'));
  });

  test.each([
    ['in an ordinary page', false],
    ['under a policy that forbids eval', true],
  ])('verifies a good bundle, a tampered one and none at all, %s', async (_, strict) => {
    const page = load(strict);
    const { bundle, policy } = makeSample();
    const { rpc } = policy;
    const data = without(policy, 'rpc', 'now');
    const text = JSON.stringify(bundle);

    const good = await page.verify(text, data, rpc);
    expect(good.checks.map((check) => check.status)).toEqual(new Array(8).fill('passed'));
    expect(good.verdict).toBe('valid');

    const tampered = await page.verify(
      JSON.stringify({ ...bundle, payload: bundle.payload!.replace(/^./, 'f') }),
      data,
      rpc,
    );
    expect(tampered.verdict).toBe('invalid');
    expect(tampered.checks.filter((check) => check.status === 'failed').map((check) => check.name)).toContain(
      'payload commitment',
    );

    const unplugged = await page.verify(text, data);
    expect(unplugged.verdict).toBe('incomplete');
    expect(unplugged.checks.some((check) => check.status === 'failed')).toBe(false);

    expect((await page.verify('null', data)).verdict).toBe('incomplete');
  });

  test.each([false, true])(
    'verifies real geth blocks with no network at all, under a policy that forbids eval: %s',
    async (strict) => {
      const page = load(strict);
      const { bundle, policy } = recorded;
      const good = await page.verify(JSON.stringify(bundle), policy);
      expect(good.checks.map((check) => check.status)).toEqual(new Array(8).fill('passed'));
      const text = JSON.stringify(bundle).replace('"transactionIndex":0', '"transactionIndex":1');
      const spoilt = await page.verify(text, policy);
      expect(spoilt.checks.find(({ name }) => name === 'anchor')?.status).toBe('failed');
    },
  );

  test.each([false, true])(
    'verifies a message in the COSE profile, under a policy that forbids eval: %s',
    async (strict) => {
      const page = load(strict);
      const payload = cosePayload();
      const { bundle, policy } = makeSample({ payload });
      const data = without(policy, 'rpc', 'now');
      expect((await page.verify(JSON.stringify(bundle), data, policy.rpc)).verdict).toBe('valid');
      const spoilt = makeSample({ payload: payload.with(40, payload[40]! ^ 1) });
      const found = await page.verify(JSON.stringify(spoilt.bundle), data, spoilt.policy.rpc);
      expect(found.verdict).toBe('invalid');
    },
  );

  test('reads messages the same under a policy that forbids eval: canonical order does not hang on how zod was compiled', () => {
    const { bundle } = makeSample();
    for (const strict of [false, true]) {
      const context = webPage(strict);
      runInContext(bundled.code, context);
      const read = runInContext(
        '(text) => protocol.parseMessage(protocol.decodeBase64(text)).message.seq',
        context,
      ) as (text: string) => number;
      expect(read(bundle.payload!)).toBe(42);
      const unsorted = Buffer.from(
        Buffer.from(bundle.payload!, 'base64')
          .toString()
          .replace(/"seq":42,(.*),"v":1/, '"v":1,$1,"seq":42'),
      ).toString('base64');
      expect(unsorted).not.toBe(bundle.payload);
      expect(() => read(unsorted)).toThrow(/canonical/);
    }
  });

  test('says so where the network is unplugged', async () => {
    const context = webPage(false);
    runInContext(bundled.code, context);
    const ask = runInContext('(url) => protocol.jsonRpcOver(url)("eth_chainId", [])', context) as (
      url: string,
    ) => Promise<unknown>;
    await expect(ask('http://127.0.0.1:1/')).rejects.toThrow('http://127.0.0.1:1/ does not answer');
  });
});
