import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ExcursionClaim, findExcursions, logIdHex, ruleDigest } from '@tianyuan/protocol';
import { makeSample, origin, sampleMessage, without } from '@tianyuan/protocol/vectors/sample-bundle.ts';
import { verifyExcursion } from './verify-excursion.ts';

const { bundle, policy } = makeSample();
const folder = mkdtempSync(join(tmpdir(), 'tianyuan-excursion-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rule = {
  kind: 'above',
  id: 'warm',
  type: 'temperature',
  limit: -20_000,
  forMs: 0,
  maxGapMs: 60_000,
} as const;
const stretch = { from: 0, until: null };
const [found] = findExcursions(
  [{ time: sampleMessage.time, value: -18_250, logId: logIdHex(origin), index: 4 }],
  rule,
  stretch,
);
const claim: ExcursionClaim = {
  ...found!,
  device: sampleMessage.device,
  sensor: '',
  rule,
  ruleDigest: ruleDigest(rule),
  named: sampleMessage.batch!,
  spans: [],
  stretch,
};

async function verify(what: object, bundles: object[], trust: typeof policy = policy) {
  const files = bundles.map((one, i) => save(`${i}.proof.json`, one));
  // Beside the claim stands what the route says of it besides.
  const { verdict, reason } = await verifyExcursion(
    save('claim.json', { batch: 'b', ...what }),
    files,
    trust,
  );
  return { verdict, reason };
}

function save(name: string, value: object): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(value));
  return file;
}

test('an excursion that the proven readings give is valid', async () => {
  expect(await verify(claim, [bundle])).toEqual({ verdict: 'valid', reason: null });
});

test('where nobody is trusted it is the same, and incomplete', async () => {
  expect(await verify(claim, [bundle], {})).toEqual({ verdict: 'incomplete', reason: null });
});

test.each<[string, object, object[], RegExp]>([
  ['another extreme', { ...claim, extreme: -17_000 }, [bundle], /another result/],
  ['another rule under the same digest', { ...claim, rule: { ...rule, limit: 0 } }, [bundle], /digest/],
  ['a payload that is withheld', claim, [without(bundle, 'payload')], /not there/],
  ['a bundle that is not given', claim, [makeSample({ index: 5 }).bundle], /not there/],
  [
    'a bundle that is contradicted',
    claim,
    [{ ...bundle, entry: `AQEC${bundle.entry.slice(4)}` }],
    /not there/,
  ],
])('%s is invalid', async (_, what, bundles, reason) => {
  expect(await verify(what, bundles)).toEqual({ verdict: 'invalid', reason: expect.stringMatching(reason) });
});

test('what is no excursion cannot be used', async () => {
  await expect(verify(without(claim, 'rule'), [bundle])).rejects.toThrow('no excursion');
});
