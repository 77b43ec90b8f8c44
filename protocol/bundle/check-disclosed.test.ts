import { describe, expect, test } from 'vitest';
import { encodeBase64 } from '../encoding/base64.ts';
import { utf8ToBytes } from '../encoding/bytes.ts';
import { commitmentOf } from '../message/commitment.ts';
import { sampleEvent, sampleRotation } from '../vectors/sample-bodies.ts';
import { makeSample, sampleMessage, signedPayload, without } from '../vectors/sample-bundle.ts';
import type { ProofBundle } from './proof-bundle.ts';
import { verifyBundle } from './verify-bundle.ts';

type Disclosed = NonNullable<ProofBundle['disclosed']>;

const saltOf = (n: number) => new Uint8Array(16).fill(n);
const fields = [
  { name: 'farmer', value: { name: '李伟', phone: '13800000000' }, salt: saltOf(1) },
  { name: 'plot', value: ['N-7', 12.5, null], salt: saltOf(2) },
];
const [farmer, plot] = fields.map((field): Disclosed[number] => ({
  ...field,
  salt: encodeBase64(field.salt),
}));
const commitments = fields.map(commitmentOf).toSorted();

const committed = makeSample({
  payload: signedPayload({ ...sampleMessage, commitments }),
});

async function outcome(disclosed: Disclosed, { bundle, policy } = committed) {
  const { verdict, checks } = await verifyBundle({ ...bundle, disclosed }, policy);
  const { status, reason } = checks.find(({ name }) => name === 'payload commitment')!;
  return { verdict, status, reason: reason.en };
}

describe('fields that a bundle opens', () => {
  test.each([
    ['none', []],
    ['one of two', [plot!]],
    ['both, in any order', [plot!, farmer!]],
  ])('are valid where the payload commits to them: %s', async (_, disclosed) => {
    expect(await outcome(disclosed)).toMatchObject({ verdict: 'valid', status: 'passed' });
  });

  const lies: [what: string, disclosed: Disclosed, reason: RegExp][] = [
    ['another value', [{ ...farmer!, value: { name: '李伟', phone: '13800000001' } }], /does not commit/],
    ['another name', [{ ...farmer!, name: 'grower' }], /does not commit/],
    ['another salt', [{ ...farmer!, salt: plot!.salt }], /does not commit/],
    ['a true field beside a false one', [farmer!, { ...plot!, value: 1 }], /"plot"/],
    ['the same field twice', [farmer!, farmer!], /twice/],
    ['a short salt', [{ ...farmer!, salt: encodeBase64(new Uint8Array(15)) }], /16 bytes/],
    ['a salt that is no base64', [{ ...farmer!, salt: '!' }], /base64/],
    ['a name that is no text', [{ ...farmer!, name: '\ud83c' }], /name/],
    ['a value that is no text', [{ ...farmer!, value: '\ud83c' }], /surrogate/],
  ];
  test.each(lies)('are invalid with %s', async (_, disclosed, reason) => {
    const found = await outcome(disclosed);
    expect(found).toMatchObject({ verdict: 'invalid', status: 'failed' });
    expect(found.reason).toMatch(reason);
  });

  test('are invalid where nothing commits to them', async () => {
    expect(await outcome([farmer!], makeSample())).toMatchObject({ verdict: 'invalid', status: 'failed' });
    const statement = makeSample({ kind: 'statement', payload: utf8ToBytes('{"boot":9}') });
    expect(await outcome([farmer!], statement)).toMatchObject({ verdict: 'invalid', status: 'failed' });
  });

  test('stay open where the payload is withheld', async () => {
    const withheld = { ...committed, bundle: without(without(committed.bundle, 'payload'), 'device') };
    expect(await outcome([farmer!], withheld)).toMatchObject({
      verdict: 'incomplete',
      status: 'not checked',
    });
  });
});

describe('a message with another body', () => {
  const envelope = without(sampleMessage, 'readings');

  test('an event is verified like readings', async () => {
    const { bundle, policy } = makeSample({ payload: signedPayload({ ...envelope, event: sampleEvent }) });
    expect((await verifyBundle(bundle, policy)).verdict).toBe('valid');
  });

  test.each([
    ['proven', sampleRotation, 'valid'],
    ['not proven', { ...sampleRotation, lastSeq: 40 }, 'invalid'],
  ])('a rotation that is %s', async (_, rotation, verdict) => {
    const { bundle, policy } = makeSample({ payload: signedPayload({ ...envelope, rotation }) });
    const answer = await verifyBundle(bundle, policy);
    expect(answer.verdict).toBe(verdict);
    expect(answer.checks.filter(({ status }) => status !== 'passed').map(({ name }) => name)).toEqual(
      verdict === 'valid' ? [] : ['message signature'],
    );
  });
});
