import { describe, expect, test } from 'vitest';
import { verifyBundle } from '../bundle/verify-bundle.ts';
import type { JsonRpc } from '../bundle/json-rpc.ts';
import type { Anchor, ProofBundle } from '../bundle/proof-bundle.ts';
import { type TrustPolicy, trustPolicySchema } from '../bundle/trust-policy.ts';
import { makeSample } from '../vectors/sample-bundle.ts';
import { type SampleChain, rpcOf } from '../vectors/sample-chain.ts';
import {
  type SampleEvidenceOptions,
  makeEvidenceSample,
  validatorAddresses,
  validatorSecrets,
} from '../vectors/sample-evidence.ts';
import clique from '../vectors/clique-evidence.json' with { type: 'json' };
import type { ChainEvidence } from './evidence-schema.ts';

const recorded = { bundle: clique.bundle as ProofBundle, policy: trustPolicySchema.parse(clique.policy) };

async function outcome(bundle: unknown, policy: TrustPolicy): Promise<string> {
  const { verdict, checks } = await verifyBundle(bundle, policy);
  const named = (status: string) => checks.filter((one) => one.status === status).map(({ name }) => name).join(); // prettier-ignore
  return `${verdict} ${named('failed')} ${named('not checked')}`.trim();
}

const ofSample = async (
  options: SampleEvidenceOptions = {},
  change: Partial<NonNullable<TrustPolicy['chain']>> = {},
) => {
  const { bundle, policy } = await makeEvidenceSample(options);
  return outcome(bundle, { ...policy, chain: { ...policy.chain!, ...change } });
};

const pinned = (consensus: 'qbft' | 'clique', addresses: string[], fromBlock = 0) => ({
  validators: { consensus, sets: [{ fromBlock, addresses }] },
});

describe('with no node to ask', () => {
  test('a bundle of real geth 1.13.15 blocks is valid under its pinned signers', async () => {
    expect(await outcome(recorded.bundle, recorded.policy)).toBe('valid');
  });

  test('so is one of QBFT', async () => {
    expect(await ofSample()).toBe('valid');
  });

  test('and one of Clique', async () => {
    expect(await ofSample({ consensus: 'clique' })).toBe('valid');
  });

  test('and one of the largest batch that a hub anchors at once', async () => {
    expect(await ofSample({ otherLogs: 1999 })).toBe('valid');
  });

  test('evidence without its registry records leaves the keys open, and nothing else', async () => {
    const { bundle, policy } = await makeEvidenceSample();
    const anchor = bundle.anchor as Anchor & { evidence: ChainEvidence };
    const { stateProof: _, ...evidence } = anchor.evidence;
    expect(await outcome({ ...bundle, anchor: { ...anchor, evidence } }, policy)).toBe(
      'incomplete  device key,checkpoint signature',
    );
  });

  test('evidence under a policy without validators convinces nobody, and is still held against itself', async () => {
    const { bundle, policy } = await makeEvidenceSample();
    const { validators: _, ...chain } = policy.chain!;
    expect(await outcome(bundle, { ...policy, chain })).toBe(
      'incomplete  device key,checkpoint signature,anchor,finality',
    );
    const other = makeSample({ size: 9 }).bundle; // another checkpoint under the same anchor
    const spoilt = { ...bundle, tlogProof: other.tlogProof };
    expect(await outcome(spoilt, { ...policy, chain })).toMatch(/^invalid .*anchor/);
  });
});

describe('seals', () => {
  test('fewer than two thirds of the validators of QBFT prove nothing', async () => {
    const open = 'incomplete  device key,checkpoint signature,anchor,finality';
    expect(await ofSample({ sealers: validatorSecrets.slice(0, 2) })).toBe(open);
    expect(await ofSample({ sealers: [] })).toBe(open);
    expect(await ofSample({ sealers: Array.from({ length: 4 }, () => validatorSecrets[0]!) })).toBe(open);
  });

  test('a seal by somebody else fails the anchor', async () => {
    const stranger = new Uint8Array(32).fill(99);
    expect(await ofSample({ sealers: [...validatorSecrets, stranger] })).toMatch(/^invalid anchor/);
    expect(await ofSample({ consensus: 'clique', laterSealers: [stranger] })).toMatch(/^invalid anchor/);
    expect(await ofSample({}, pinned('qbft', validatorAddresses.slice(1)))).toMatch(/^invalid anchor/);
  });

  test('under Clique fewer than half of the signers prove nothing, however often they seal', async () => {
    const again = Array.from({ length: 5 }, () => validatorSecrets[1]!);
    expect(await ofSample({ consensus: 'clique', laterSealers: again })).toBe(
      'incomplete  device key,checkpoint signature,anchor,finality',
    );
  });

  test('under Clique the block itself counts for the anchor, and only later ones for finality', async () => {
    const [, second, third] = validatorSecrets;
    const two = { consensus: 'clique', laterSealers: [second!, third!] } as const;
    expect(await ofSample(two)).toBe('incomplete  finality'); // two blocks of three
    const twice = { consensus: 'clique', laterSealers: [second!, third!, second!] } as const;
    expect(await ofSample(twice)).toBe('incomplete  finality'); // three blocks, two of the three signers asked for
  });

  test('sets count from their block on', async () => {
    expect(await ofSample({}, pinned('qbft', validatorAddresses, 100))).toBe('valid');
    expect(await ofSample({}, pinned('qbft', validatorAddresses, 101))).toBe(
      'incomplete  device key,checkpoint signature,anchor,finality',
    );
  });

  test('where signers of Clique change, each set wants a majority of its own', async () => {
    const judge = (laterSealers: Uint8Array[], ...ofSets: [fromBlock: number, members: number[]][]) => {
      const sets = ofSets.map(([fromBlock, members]) => ({
        fromBlock,
        addresses: members.map((i) => validatorAddresses[i]!),
      }));
      return ofSample({ consensus: 'clique', laterSealers }, { validators: { consensus: 'clique', sets } });
    };
    const [first, second, third, fourth] = validatorSecrets as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const open = 'incomplete  device key,checkpoint signature,anchor,finality';
    // The first signer seals the anchor's block each time.
    expect(await judge([second, third, fourth], [0, [0, 1, 2]], [102, [1, 2, 3]])).toBe('valid');
    expect(await judge([first, first, first], [0, [0, 1, 2, 3]], [101, [0]])).toBe(open);
    expect(await judge([fourth, fourth, fourth], [0, [0, 1, 2]], [101, [1, 2, 3]])).toBe(open);
    expect(await judge([third, fourth, third], [0, [0, 1]], [101, [2, 3]])).toBe(open);
    expect(await judge([second, third, second, second], [0, [0, 1, 2]], [104, [0, 1, 2, 3]])).toBe(
      'incomplete  finality',
    );
  });

  test('a policy does not mix one consensus with the other’s finality', async () => {
    const { policy } = await makeEvidenceSample();
    const { rpc: _rpc, now: _now, ...data } = policy;
    expect(trustPolicySchema.safeParse(data).success).toBe(true);
    const mixed = { ...data, chain: { ...data.chain!, finality: { kind: 'confirmations', blocks: 3 } } };
    expect(trustPolicySchema.safeParse(mixed).success).toBe(false);
  });
});

describe('keys, as of the anchor’s block', () => {
  test.each<[string, SampleEvidenceOptions, string]>([
    [
      'rotated: its messages up to the last one count',
      { device: { status: 2, end: { boot: 3, seq: 42 } } },
      'valid',
    ],
    ['rotated in a later boot', { device: { status: 2, end: { boot: 4, seq: 0 } } }, 'valid'],
    [
      'rotated before this message',
      { device: { status: 2, end: { boot: 3, seq: 41 } } },
      'invalid device key',
    ],
    [
      'rotated in an earlier boot',
      { device: { status: 2, end: { boot: 2, seq: 99 } } },
      'invalid device key',
    ],
    [
      'rotated, and the evidence does not show its end',
      { device: { status: 2, end: { boot: 3, seq: 42 }, withoutRotation: true } },
      'incomplete  device key',
    ],
    [
      'rotated before this message, and revoked from a later entry on',
      { device: { status: 3, revokedAtBlock: 90, cutFrom: 5, end: { boot: 3, seq: 41 } } },
      'invalid device key',
    ],
    [
      'revoked from a later entry on, with nothing said of a rotation before',
      { device: { status: 3, revokedAtBlock: 90, cutFrom: 5, withoutRotation: true } },
      'incomplete  device key',
    ],
    [
      'of the log, rotated: a checkpoint has no number to compare',
      { log: { status: 2, end: { boot: 0, seq: 0 }, withoutRotation: true } },
      'valid',
    ],
    ['of another subject', { device: { subject: 'th-0008' } }, 'invalid device key'],
    ['of the log, of another subject', { log: { subject: 'gw-8' } }, 'invalid checkpoint signature'],
    ['not enrolled by then', { device: { absent: true } }, 'incomplete  device key'],
    [
      'revoked from this entry on',
      { device: { status: 3, revokedAtBlock: 90, cutFrom: 4 } },
      'invalid device key',
    ],
    ['revoked from a later entry on', { device: { status: 3, revokedAtBlock: 90, cutFrom: 5 } }, 'valid'],
    [
      'revoked before the anchor, no entry named: suspect',
      { device: { status: 3, revokedAtBlock: 99 } },
      'incomplete  device key',
    ],
    [
      'of the log, revoked from an entry on that the checkpoint covers',
      { log: { status: 3, revokedAtBlock: 99, cutFrom: 2 } },
      'invalid checkpoint signature',
    ],
    ['revoked in the same block', { device: { status: 3, revokedAtBlock: 100 } }, 'incomplete  device key'],
    [
      'revoked, and the entry is from before',
      { device: { status: 3, revokedAtBlock: 99 }, oldSize: 5 },
      'incomplete  device key',
    ],
    [
      'of the log, revoked before, no entry named: suspect',
      { log: { status: 3, revokedAtBlock: 99 } },
      'incomplete  checkpoint signature',
    ],
  ])('a key %s', async (_, options, expected) => {
    expect(await ofSample(options)).toBe(expected);
  });

  test('a node counts confirmations only on top of the anchor’s very block', async () => {
    const [, second, third] = validatorSecrets;
    const laterSealers = [second!, third!]; // two later blocks of the three asked for
    const { bundle, policy, chain } = await makeEvidenceSample({ consensus: 'clique', laterSealers });
    const withNode = (change: Partial<SampleChain>) => {
      const node = rpcOf({ ...chain, head: 1000, receipts: new Map(), ...change });
      const rpc: JsonRpc = (method, params) =>
        method === 'eth_getTransactionReceipt' ? Promise.reject(new Error('pruned')) : node(method, params);
      return outcome(bundle, { ...policy, rpc });
    };
    const { blockHash, blockTime } = bundle.anchor as Anchor;
    const blocks = new Map([[100, { hash: blockHash, timestamp: blockTime }]]);
    expect(await withNode({ blocks })).toBe('valid');
    expect(await withNode({ blocks, head: 102 })).toBe('incomplete  finality');
    expect(await withNode({ blocks, chainId: 1 })).toBe('incomplete  finality');
    expect(await withNode({ blocks: new Map() })).toBe('incomplete  finality');
    expect(await withNode({})).toBe('incomplete  finality'); // the sample's own block has another hash
  });

  test('a node that answers knows better', async () => {
    const { bundle, policy } = await makeEvidenceSample();
    const { rpc } = makeSample().policy;
    expect(await outcome(bundle, { ...policy, rpc: rpc! })).toMatch(/^invalid anchor/); // that chain has another block
    const silent = () => Promise.reject(new Error('no answer'));
    expect(await outcome(bundle, { ...policy, rpc: silent })).toBe('valid');
  });
});

describe('a byte changed in the evidence fails the anchor', () => {
  const evidence = (recorded.bundle.anchor as Anchor).evidence!;
  const fields = Object.entries(evidence).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((text, i) => ({ name, i, text })) : [],
  );

  test('in every string of it', async () => {
    expect(new Set(fields.map(({ name }) => name))).toEqual(
      new Set(['receiptProof', 'headers', 'stateProof']),
    );
    for (const [nth, { name, i, text }] of fields.entries()) {
      const bytes = Buffer.from(text, 'base64');
      for (let at = nth % 7; at < bytes.length; at += 7) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1 << (at % 8);
        expect(await spoil(name, i, changed.toString('base64')), `${name} ${i} byte ${at}`).toMatch(
          /^invalid .*anchor/,
        );
      }
    }
  }, 60_000);

  test('in its length, its order, its number of strings', async () => {
    for (const { name, i, text } of fields) {
      for (const changed of ['', text.slice(0, -4), `${text}AAAA`, ` ${text}`]) {
        expect(await spoil(name, i, changed), `${name} ${i}`).toMatch(/^invalid .*anchor/);
      }
    }
    const more = { ...evidence, stateProof: [...evidence.stateProof!, 'wIA='] };
    const twice = { ...evidence, receiptProof: [...evidence.receiptProof, evidence.receiptProof[0]!] };
    const fewer = { ...evidence, stateProof: evidence.stateProof!.slice(1) };
    const other = { ...evidence, transactionIndex: evidence.transactionIndex + 1 };
    const skipped = { ...evidence, headers: evidence.headers.filter((_, i) => i !== 2) };
    for (const changed of [more, twice, fewer, other, skipped, { ...evidence, note: 'x' }]) {
      expect(await withEvidence(changed)).toMatch(/^invalid .*anchor/);
    }
  });

  function spoil(name: string, i: number, text: string): Promise<string> {
    const list = evidence[name as 'headers'].with(i, text);
    return withEvidence({ ...evidence, [name]: list });
  }

  function withEvidence(changed: object): Promise<string> {
    const anchor = { ...(recorded.bundle.anchor as Anchor), evidence: changed };
    return outcome({ ...recorded.bundle, anchor }, recorded.policy);
  }
});
