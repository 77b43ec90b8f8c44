import { describe, expect, test } from 'vitest';
import { publicKeyOf, signEd25519 } from '../ed25519.ts';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { bytesToHex, utf8ToBytes } from '../encoding/bytes.ts';
import { mixedOrder, smallOrderPoints } from '../vectors/eddsa-edge-cases.ts';
import {
  type Sample,
  cosePayload,
  deviceId,
  makeSample,
  origin,
  otherWitnessLine,
  otherWitnessName,
  sampleMessage,
  secrets,
  signedPayload,
  witnessLine,
  witnessName,
  without,
} from '../vectors/sample-bundle.ts';
import { type Check, type CheckName, checkNames } from './check.ts';
import { type ProofBundle, proofBundleSchema } from './proof-bundle.ts';
import { type TrustPolicy, trustPolicySchema } from './trust-policy.ts';
import { verifyBundle } from './verify-bundle.ts';

const judge = ({ bundle, policy }: Pick<Sample, 'bundle' | 'policy'>) => verifyBundle(bundle, policy);

const named = (checks: readonly Check[], status: Check['status']): CheckName[] =>
  checks.filter((check) => check.status === status).map((check) => check.name);

/** The verdict and, by name, what failed and what was not checked. */
async function outcome(sample: Pick<Sample, 'bundle' | 'policy'>) {
  const { verdict, checks } = await judge(sample);
  return { verdict, failed: named(checks, 'failed'), unchecked: named(checks, 'not checked') };
}

const strangerKey = encodeBase64(publicKeyOf(secrets.stranger));

describe('a good bundle', () => {
  test('may carry a message in the COSE profile', async () => {
    const payload = cosePayload();
    expect((await judge(makeSample({ payload }))).verdict).toBe('valid');
    for (const at of [payload.length - 1, payload.length - 70, 5]) {
      const spoilt = makeSample({ payload: payload.with(at, payload[at]! ^ 1) });
      expect(await outcome(spoilt)).toMatchObject({ verdict: 'invalid', failed: ['message signature'] });
    }
    const other = makeSample({ payload: cosePayload({ ...sampleMessage, key: 1 }) });
    expect(await outcome(other)).toMatchObject({ failed: ['device key'] });
  });

  test('is valid, and tells its eight checks in the order of the protocol', async () => {
    const told: Check[] = [];
    const { bundle, policy } = makeSample();
    const { verdict, checks } = await verifyBundle(bundle, policy, (check) => told.push(check));
    expect(verdict).toBe('valid');
    expect(checks.map((check) => `${check.name}: ${check.status}`)).toEqual([
      'message signature: passed',
      'device key: passed',
      'payload commitment: passed',
      'inclusion: passed',
      'checkpoint signature: passed',
      'cosignatures: passed',
      'anchor: passed',
      'finality: passed',
    ]);
    expect(told).toEqual(checks);
    for (const { reason } of checks) {
      expect(reason.zh).toMatch(/\p{Script=Han}/u);
      expect(reason.en).toMatch(/^[ -~]+$/);
    }
  });

  test('is valid after a trip through a file', async () => {
    const { bundle, policy } = makeSample();
    expect((await verifyBundle(JSON.parse(JSON.stringify(bundle)), policy)).verdict).toBe('valid');
    expect(proofBundleSchema.parse(JSON.parse(JSON.stringify(bundle)))).toEqual(bundle);
  });

  test.each([
    [0, 1],
    [0, 2],
    [1, 2],
    [6, 7],
    [255, 256],
    [256, 257],
  ])('is valid as entry %i of %i', async (index, size) => {
    expect((await judge(makeSample({ index, size }))).verdict).toBe('valid');
  });

  test('is valid under pinned keys, with no registry to ask', async () => {
    const { bundle, policy, chain } = makeSample();
    chain.keys.clear();
    const pinned: TrustPolicy = {
      ...policy,
      devices: [{ id: deviceId, key: 2, publicKey: bundle.device!.publicKey }],
      logs: [{ origin, publicKey: bundle.log.publicKey }],
    };
    expect(await outcome({ bundle, policy: pinned })).toEqual({
      verdict: 'valid',
      failed: [],
      unchecked: [],
    });
  });

  test('is valid as evidence of equivocation too', async () => {
    expect((await judge(makeSample({ kind: 'equivocation' }))).verdict).toBe('valid');
  });

  test('is not changed by being verified', async () => {
    const { bundle, policy } = makeSample();
    const before = structuredClone(bundle);
    await verifyBundle(bundle, policy);
    expect(bundle).toEqual(before);
  });
});

describe('one thing wrong fails one check, and is named:', () => {
  const spoilt: [what: string, failed: CheckName, unchecked: CheckName[], make: () => Sample][] = [
    [
      'a message that another key signed',
      'message signature',
      [],
      () => makeSample({ payload: signedPayload(sampleMessage, secrets.stranger) }),
    ],
    [
      'a message that nobody signed',
      'message signature',
      [],
      () =>
        makeSample({
          payload: signedPayload(sampleMessage).map((byte, i, all) =>
            String.fromCharCode(...all.slice(i - 7, i)) === '"sig":"' ? byte ^ 1 : byte,
          ),
        }),
    ],
    [
      'a payload that is no message',
      'message signature',
      [],
      () => makeSample({ payload: utf8ToBytes('{"temperature":21.5}') }),
    ],
    [
      'a device key that the registry does not have',
      'device key',
      [],
      () => {
        const sample = makeSample();
        sample.chain.keys.delete(`${deviceId}/2`);
        return sample;
      },
    ],
    [
      'a device key that the registry has otherwise',
      'device key',
      [],
      () => {
        const sample = makeSample();
        sample.chain.keys.set(`${deviceId}/2`, bytesToHex(publicKeyOf(secrets.stranger)));
        return sample;
      },
    ],
    [
      'a device key that was revoked before this entry',
      'device key',
      [],
      () => {
        const sample = makeSample();
        sample.chain.revocations.set(`${bytesToHex(publicKeyOf(secrets.device))}/${origin}`, 4);
        return sample;
      },
    ],
    [
      'a device key that the policy pins otherwise',
      'device key',
      [],
      () => {
        const sample = makeSample();
        return {
          ...sample,
          policy: { ...sample.policy, devices: [{ id: deviceId, key: 2, publicKey: strangerKey }] },
        };
      },
    ],
    [
      'a message of another device',
      'device key',
      [],
      () => makeSample({ payload: signedPayload({ ...sampleMessage, device: 'th-0008' }) }),
    ],
    [
      'a message of another of its keys',
      'device key',
      [],
      () => makeSample({ payload: signedPayload({ ...sampleMessage, key: 1 }) }),
    ],
    [
      'another message of the same device',
      'payload commitment',
      [],
      () => {
        const sample = makeSample();
        sample.bundle.payload = encodeBase64(signedPayload({ ...sampleMessage, seq: 43 }));
        return sample;
      },
    ],
    [
      'an entry of another time',
      'inclusion',
      [],
      () => {
        const sample = makeSample();
        sample.bundle.entry = encodeBase64(decodeBase64(sample.bundle.entry).with(11, 1));
        return sample;
      },
    ],
    [
      'an entry of another place',
      'inclusion',
      [],
      () => {
        const sample = makeSample();
        sample.bundle.tlogProof = sample.bundle.tlogProof.replace('index 4', 'index 5');
        return sample;
      },
    ],
    [
      'a log key that the registry does not have',
      'checkpoint signature',
      [],
      () => {
        const sample = makeSample();
        sample.chain.keys.delete(`${origin}/1`);
        return sample;
      },
    ],
    [
      'a log key that the registry has otherwise',
      'checkpoint signature',
      [],
      () => {
        const sample = makeSample();
        sample.chain.keys.set(`${origin}/1`, bytesToHex(publicKeyOf(secrets.stranger)));
        return sample;
      },
    ],
    [
      'a log key that was revoked before this size',
      'checkpoint signature',
      [],
      () => {
        const sample = makeSample();
        sample.chain.revocations.set(`${bytesToHex(publicKeyOf(secrets.log))}/${origin}`, 6);
        return sample;
      },
    ],
    [
      'a log key that the policy pins otherwise',
      'checkpoint signature',
      [],
      () => {
        const sample = makeSample();
        return { ...sample, policy: { ...sample.policy, logs: [{ origin, publicKey: strangerKey }] } };
      },
    ],
    [
      'a checkpoint that the log did not sign',
      'checkpoint signature',
      [],
      () => makeSample({ signLog: (text) => signEd25519(secrets.stranger, text) }),
    ],
    [
      'a cosignature that does not fit',
      'cosignatures',
      [],
      () => makeSample({ lines: () => [witnessLine('another text\n')] }),
    ],
    [
      'a root that the chain has otherwise',
      'anchor',
      ['finality'],
      () => {
        const sample = makeSample();
        sample.chain.receipts.values().next().value!.logs[1]!.data = makeSample({ index: 3 })
          .chain.receipts.values()
          .next().value!.logs[1]!.data;
        return sample;
      },
    ],
  ];

  test.each(spoilt)('%s', async (_, failed, unchecked, make) => {
    expect(await outcome(make())).toEqual({ verdict: 'invalid', failed: [failed], unchecked });
  });

  test('a revocation after this entry, or in another log, leaves it valid', async () => {
    for (const [where, from] of [
      [origin, 5],
      [origin, 7],
      ['other.example', 0],
    ] as const) {
      const sample = makeSample();
      sample.chain.revocations.set(`${bytesToHex(publicKeyOf(secrets.device))}/${where}`, from);
      sample.chain.revocations.set(
        `${bytesToHex(publicKeyOf(secrets.log))}/${where}`,
        where === origin ? 7 : 0,
      );
      expect((await judge(sample)).verdict).toBe('valid');
    }
  });

  test('what a log had not anchored when a key was revoked is suspect: not checked, and not failed', async () => {
    const device = `${bytesToHex(publicKeyOf(secrets.device))}/${origin}`;
    const log = `${bytesToHex(publicKeyOf(secrets.log))}/${origin}`;
    const revoked = (key: string, anchoredHead: number) => {
      const sample = makeSample();
      sample.chain.revocations.set(key, { anchoredHead });
      return sample;
    };
    expect(await outcome(revoked(device, 4))).toEqual({
      verdict: 'incomplete',
      failed: [],
      unchecked: ['device key'],
    });
    expect(await outcome(revoked(log, 6))).toEqual({
      verdict: 'incomplete',
      failed: [],
      unchecked: ['checkpoint signature'],
    });
    const { checks } = await judge(revoked(device, 0));
    expect(checks.find(({ name }) => name === 'device key')!.reason.en).toMatch(
      /^suspect: .* 0 entries anchored/,
    );
    expect((await judge(revoked(device, 5))).verdict).toBe('valid');
    expect((await judge(revoked(log, 7))).verdict).toBe('valid');
  });

  test.each<[boot: number, seq: number, verdict: string, failed: CheckName[]]>([
    [3, 42, 'valid', []], // the sample's message itself
    [4, 0, 'valid', []],
    [3, 41, 'invalid', ['device key']],
    [2, Number.MAX_SAFE_INTEGER, 'invalid', ['device key']],
  ])('a key that was rotated after boot %i, message %i: %s', async (boot, seq, verdict, failed) => {
    const sample = makeSample();
    sample.chain.rotations.set(`${deviceId}/2`, { boot, seq });
    expect(await outcome(sample)).toEqual({ verdict, failed, unchecked: [] });
  });

  test('a revocation from the first entry on revokes everything', async () => {
    const sample = makeSample({ index: 0 });
    sample.chain.revocations.set(`${bytesToHex(publicKeyOf(secrets.device))}/${origin}`, 0);
    expect((await outcome(sample)).failed).toEqual(['device key']);
  });

  test('a checkpoint of another log than the bundle names, though one key signs for both', async () => {
    const { bundle, policy } = makeSample();
    const elsewhere = { ...bundle, log: { ...bundle.log, origin: 'other.example' } };
    const logs = [{ origin: 'other.example', publicKey: bundle.log.publicKey }];
    const { failed } = await outcome({ bundle: elsewhere, policy: { ...policy, logs } });
    expect(failed).toEqual(['checkpoint signature']);
  });

  test('a device key of small or of mixed order, even where the policy pins it', async () => {
    const { bundle, policy } = makeSample();
    for (const key of [smallOrderPoints[1]!, mixedOrder(publicKeyOf(secrets.device), 1)]) {
      const device = { ...bundle.device!, publicKey: encodeBase64(key) };
      const { failed } = await outcome({
        bundle: { ...bundle, device },
        policy: { ...policy, devices: [device] },
      });
      expect(failed).toEqual(['message signature', 'device key']);
    }
  });

  test.each(['', '!', encodeBase64(new Uint8Array(31)), encodeBase64(new Uint8Array(33))])(
    'the key %j',
    async (publicKey) => {
      const { bundle, policy } = makeSample();
      const device = await outcome({
        bundle: { ...bundle, device: { ...bundle.device!, publicKey } },
        policy,
      });
      expect(device).toMatchObject({ verdict: 'invalid', failed: ['message signature', 'device key'] });
      const log = await outcome({ bundle: { ...bundle, log: { ...bundle.log, publicKey } }, policy });
      expect(log).toMatchObject({ verdict: 'invalid', failed: ['checkpoint signature', 'anchor'] });
    },
  );
});

describe('what is merely unknown is incomplete:', () => {
  test('a payload that is withheld', async () => {
    const { bundle, policy } = makeSample();
    const withheld = without(bundle, 'payload', 'device');
    expect(await outcome({ bundle: withheld, policy })).toEqual({
      verdict: 'incomplete',
      failed: [],
      unchecked: ['message signature', 'device key', 'payload commitment'],
    });
    expect((await outcome({ bundle: { ...withheld, device: bundle.device }, policy })).verdict).toBe(
      'incomplete',
    );
  });

  test('no node of the chain to ask', async () => {
    const { bundle, policy } = makeSample();
    const offline = without(policy, 'rpc');
    expect(await outcome({ bundle, policy: offline })).toEqual({
      verdict: 'incomplete',
      failed: [],
      unchecked: ['device key', 'checkpoint signature', 'anchor', 'finality'],
    });
  });

  test('no node to ask, but pinned keys', async () => {
    const { bundle, policy } = makeSample();
    const offline = without(policy, 'rpc');
    const pinned = {
      ...offline,
      devices: [{ id: deviceId, key: 2, publicKey: bundle.device!.publicKey }],
      logs: [{ origin, publicKey: bundle.log.publicKey }],
    };
    expect(await outcome({ bundle, policy: pinned })).toMatchObject({
      verdict: 'incomplete',
      unchecked: ['anchor', 'finality'],
    });
  });

  test('a policy that trusts nothing', async () => {
    const { bundle } = makeSample();
    expect(await outcome({ bundle, policy: {} })).toEqual({
      verdict: 'incomplete',
      failed: [],
      unchecked: ['device key', 'checkpoint signature', 'anchor', 'finality'],
    });
  });

  test('a policy without a chain, though there is a node', async () => {
    const { bundle, policy } = makeSample();
    const chainless = without(policy, 'chain');
    expect((await outcome({ bundle, policy: chainless })).verdict).toBe('incomplete');
  });

  test('a checkpoint that is not anchored yet', async () => {
    const { bundle, policy } = makeSample();
    const unanchored = without(bundle, 'anchor');
    expect(await outcome({ bundle: unanchored, policy })).toEqual({
      verdict: 'incomplete',
      failed: [],
      unchecked: ['anchor', 'finality'],
    });
  });

  test('an entry of the gateway itself, which no device signs', async () => {
    const statement = makeSample({ kind: 'statement', payload: utf8ToBytes('{"boot":9}') });
    const bundle = without(statement.bundle, 'device');
    expect(await outcome({ bundle, policy: statement.policy })).toEqual({
      verdict: 'incomplete',
      failed: [],
      unchecked: ['message signature', 'device key'],
    });
  });

  test('a bundle that gives no device', async () => {
    const { bundle, policy } = makeSample();
    const anonymous = without(bundle, 'device');
    expect(await outcome({ bundle: anonymous, policy })).toMatchObject({
      verdict: 'incomplete',
      unchecked: ['message signature', 'device key'],
    });
  });
});

describe('finality', () => {
  const under = (
    finality: NonNullable<TrustPolicy['chain']>['finality'],
    change: (sample: Sample) => void = () => {},
  ) => {
    const sample = makeSample();
    sample.policy.chain = { ...sample.policy.chain!, finality };
    change(sample);
    return outcome(sample);
  };

  test('of an instant chain comes with the block', async () => {
    expect((await under({ kind: 'instant' })).verdict).toBe('valid');
  });

  test.each([
    [1, 'valid'],
    [3, 'valid'],
    [4, 'incomplete'],
    [1000, 'incomplete'],
  ])('by %i confirmations where there are three: %s', async (blocks, verdict) => {
    const result = await under({ kind: 'confirmations', blocks });
    expect(result).toEqual({ verdict, failed: [], unchecked: verdict === 'valid' ? [] : ['finality'] });
  });

  test.each([
    [2_000, 'incomplete'],
    [2_999, 'incomplete'],
    [3_000, 'valid'],
  ])('of an anvil that writes each second, %i ms after the block: %s', async (ageMs, verdict) => {
    const now = () => makeSample().policy.now!() - 60_000 + ageMs;
    expect(
      (
        await under({ kind: 'anvil', stateIntervalMs: 1000 }, (sample) =>
          Object.assign(sample.policy, { now }),
        )
      ).verdict,
    ).toBe(verdict);
  });

  test('of a block from the future has not come', async () => {
    expect(
      (
        await under({ kind: 'anvil', stateIntervalMs: 1000 }, (sample) =>
          Object.assign(sample.policy, { now: () => 0 }),
        )
      ).verdict,
    ).toBe('incomplete');
  });
});

describe('cosignatures', () => {
  const witnessKeys = [
    { name: witnessName, publicKey: encodeBase64(publicKeyOf(secrets.witness)) },
    { name: otherWitnessName, publicKey: encodeBase64(publicKeyOf(secrets.otherWitness)) },
  ];
  const asking = (sample: Sample, quorum: number, keys = witnessKeys) =>
    outcome({ bundle: sample.bundle, policy: { ...sample.policy, witnesses: { quorum, keys } } });

  test('as many as the quorum asks for', async () => {
    const both = () => makeSample({ lines: (text) => [witnessLine(text), otherWitnessLine(text)] });
    expect((await asking(both(), 1)).verdict).toBe('valid');
    expect((await asking(both(), 2)).verdict).toBe('valid');
    expect(await asking(both(), 3)).toMatchObject({ verdict: 'incomplete', unchecked: ['cosignatures'] });
    expect(await asking(makeSample(), 2)).toMatchObject({
      verdict: 'incomplete',
      unchecked: ['cosignatures'],
    });
    expect(await asking(makeSample({ lines: () => [] }), 1)).toMatchObject({
      verdict: 'incomplete',
      unchecked: ['cosignatures'],
    });
  });

  test('the same line twice is one witness, and so is one that the policy lists twice', async () => {
    const twice = makeSample({ lines: (text) => [witnessLine(text), witnessLine(text)] });
    expect((await asking(twice, 2)).verdict).toBe('incomplete');
    expect((await asking(makeSample(), 2, [witnessKeys[0]!, witnessKeys[0]!])).verdict).toBe('incomplete');
  });

  test('none are wanted where the policy asks for none', async () => {
    const { bundle, policy } = makeSample({ lines: () => [] });
    expect((await outcome({ bundle, policy: without(policy, 'witnesses') })).verdict).toBe('valid');
  });

  test('lines of strangers change nothing, whatever they hold', async () => {
    const stranger = {
      keyName: 'stranger.example',
      keyId: Uint8Array.of(1, 2, 3, 4),
      bytes: new Uint8Array(80),
    };
    const namesake = { ...stranger, keyName: witnessName };
    const ofLogName = { ...stranger, keyName: origin };
    const sample = makeSample({ lines: (text) => [stranger, namesake, ofLogName, witnessLine(text)] });
    expect((await judge(sample)).verdict).toBe('valid');
  });

  test('a quorum that is met does not outweigh a line that does not fit', async () => {
    const sample = makeSample({ lines: (text) => [witnessLine(text), otherWitnessLine('another text\n')] });
    expect(await asking(sample, 1)).toMatchObject({ verdict: 'invalid', failed: ['cosignatures'] });
  });
});

describe('what is no bundle is incomplete, with a reason for every check and without a throw', () => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const thrower = new Proxy({}, { get: () => { throw new Error('no'); }, ownKeys: () => { throw new Error('no'); } }); // prettier-ignore
  const good = makeSample().bundle as Record<string, unknown>;
  const garbage: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['nought', 0],
    ['no number', Number.NaN],
    ['a large integer', 1n],
    ['an empty text', ''],
    ['a text', 'tianyuan/proof/v1'],
    ['a symbol', Symbol('x')],
    ['a function', () => good],
    ['an empty array', []],
    ['an array of a bundle', [good]],
    ['an empty object', {}],
    ['a map', new Map()],
    ['a date', new Date(0)],
    ['bytes', new Uint8Array(9)],
    ['100,000 arrays in each other', deep],
    ['a cycle', cycle],
    ['an object that throws', thrower],
    ['another type', { ...good, type: 'tianyuan/proof/v2' }],
    ['no type', { ...good, type: undefined }],
    ['an unknown member', { ...good, extra: 1 }],
    ['a bundle as text', JSON.stringify(good)],
    ['an entry that is a number', { ...good, entry: 1 }],
    ['an entry that is null', { ...good, entry: null }],
    ['a payload that is null', { ...good, payload: null }],
    ['a proof that is an object', { ...good, tlogProof: {} }],
    ['no log', { ...good, log: undefined }],
    ['a log that is an array', { ...good, log: [] }],
    ['a device without a key', { ...good, device: { id: 'x' } }],
    ['a key number with a fraction', { ...good, device: { ...(good['device'] as object), key: 1.5 } }],
    ['disclosed fields without end', { ...good, disclosed: [{ name: 'x', value: deep, salt: '' }] }],
    ['a prototype for a member', JSON.parse('{"__proto__":{"type":"tianyuan/proof/v1"},"entry":""}')],
  ];

  test.each(garbage)('%s', async (_, value) => {
    const { policy } = makeSample();
    const told: CheckName[] = [];
    const { verdict, checks } = await verifyBundle(value, policy, (check) => told.push(check.name));
    expect(verdict).toBe('incomplete');
    expect(checks.map((check) => check.name)).toEqual(checkNames);
    expect(checks.every((check) => check.status === 'not checked')).toBe(true);
    expect(told).toEqual(checkNames);
  });

  test('a bundle whose anchor is garbage has an anchor that fails', async () => {
    for (const anchor of [null, 1, 'x', [], {}, deep, { ...(good['anchor'] as object), extra: 1 }]) {
      const { policy } = makeSample();
      expect(await outcome({ bundle: { ...good, anchor } as ProofBundle, policy })).toMatchObject({
        verdict: 'invalid',
        failed: ['anchor'],
      });
    }
  });
});

describe("the policy is the verifier's own", () => {
  test('its data survives a file', () => {
    const data = without(makeSample().policy, 'rpc', 'now');
    expect(trustPolicySchema.parse(JSON.parse(JSON.stringify(data)))).toEqual(data);
  });

  test.each([
    ['an unknown member', { rpcUrl: 'x' }],
    ['a key that is too short', { logs: [{ origin: 'x', publicKey: encodeBase64(new Uint8Array(31)) }] }],
    ['a key in hex', { devices: [{ id: 'x', key: 1, publicKey: 'ab'.repeat(32) }] }],
    ['a quorum of none', { witnesses: { quorum: 0, keys: [] } }],
    [
      'a chain without a finality rule',
      { chain: { chainId: 1, anchorLog: `0x${'00'.repeat(20)}`, deviceRegistry: `0x${'00'.repeat(20)}` } },
    ],
    [
      'no confirmations at all',
      {
        chain: {
          chainId: 1,
          anchorLog: `0x${'00'.repeat(20)}`,
          deviceRegistry: `0x${'00'.repeat(20)}`,
          finality: { kind: 'confirmations', blocks: 0 },
        },
      },
    ],
  ])('%s is refused', (_, data) => {
    expect(trustPolicySchema.safeParse(data).success).toBe(false);
  });

  test('a bundle cannot bring its own chain: another chain or contract is refused before any node is asked', async () => {
    const { bundle, policy } = makeSample();
    const asked: string[] = [];
    const anchor = bundle.anchor as Record<string, unknown>;
    const rpc: TrustPolicy['rpc'] = (method) => {
      asked.push(method);
      return Promise.reject(new Error('asked'));
    };
    for (const change of [{ chainId: 1 }, { contract: `0x${'11'.repeat(20)}` }]) {
      const result = await outcome({
        bundle: { ...bundle, anchor: { ...anchor, ...change } },
        policy: { ...policy, rpc },
      });
      expect(result.failed).toEqual(['anchor']);
    }
    expect(asked.filter((method) => method !== 'eth_chainId')).toEqual([]);
  });
});
