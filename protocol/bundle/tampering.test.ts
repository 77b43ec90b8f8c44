import { describe, expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';
import { utf8ToBytes } from '../encoding/bytes.ts';
import { parseCheckpoint } from '../log/checkpoint.ts';
import { makeSample, without } from '../vectors/sample-bundle.ts';
import { appendedLog } from '../vectors/sample-chain.ts';
import type { CheckName } from './check.ts';
import type { ProofBundle } from './proof-bundle.ts';
import type { TrustPolicy } from './trust-policy.ts';
import { verifyBundle } from './verify-bundle.ts';

// Whoever changes one byte of what a bundle proves is found out, and told which check found it. Every byte of every
// part is changed here, in the bytes that it stands for and in the text that travels. Lower masks only, so that a
// changed letter stays a letter as often as it can: that is the change a lax decoder would forgive.

const masks = [0x01, 0x04];

const sample = makeSample({ index: 1, size: 3 });

const unwitnessed = without(sample.policy, 'witnesses'); // a third of the signatures less to verify

async function outcome(bundle: ProofBundle, policy: TrustPolicy = unwitnessed) {
  const { verdict, checks } = await verifyBundle(bundle, policy);
  return { verdict, failed: checks.filter((check) => check.status === 'failed').map((check) => check.name) };
}

/** Changes each byte in turn; every change must be invalid, and fail one of these checks at least. */
async function expectEveryByteMatters(
  bytes: Uint8Array,
  put: (changed: Uint8Array) => Partial<ProofBundle>,
  named: CheckName[],
) {
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.with(at, bytes[at]! ^ masks[at % masks.length]!);
    const { verdict, failed } = await outcome({ ...sample.bundle, ...put(changed) });
    if (verdict !== 'invalid' || !failed.some((name) => named.includes(name))) {
      throw new Error(`byte ${at} of ${bytes.length}: ${verdict}, failed: ${failed.join(', ')}`);
    }
  }
}

const asText = (bytes: Uint8Array) => new TextDecoder('utf-8').decode(bytes);

const tlogProof = sample.bundle.tlogProof;
const cosignatureAt = tlogProof.lastIndexOf('— ');
const proven = tlogProof.slice(0, cosignatureAt);

test('the sample is valid as it is', async () => {
  expect(await outcome(sample.bundle, sample.policy)).toEqual({ verdict: 'valid', failed: [] });
  expect(proven).toContain('index 1\n');
  expect(proven.split('\n— ')).toHaveLength(2); // the log's line is in, the witness's is not
});

describe('every byte matters', () => {
  test('of the entry', async () => {
    await expectEveryByteMatters(
      decodeBase64(sample.bundle.entry),
      (bytes) => ({ entry: encodeBase64(bytes) }),
      ['inclusion'],
    );
  }, 30_000);

  test("of the entry's base64", async () => {
    await expectEveryByteMatters(utf8ToBytes(sample.bundle.entry), (bytes) => ({ entry: asText(bytes) }), [
      'inclusion',
    ]);
  }, 30_000);

  test('of the payload', async () => {
    await expectEveryByteMatters(
      decodeBase64(sample.bundle.payload!),
      (bytes) => ({ payload: encodeBase64(bytes) }),
      ['payload commitment'],
    );
  }, 30_000);

  test("of the payload's base64", async () => {
    await expectEveryByteMatters(
      utf8ToBytes(sample.bundle.payload!),
      (bytes) => ({ payload: asText(bytes) }),
      ['payload commitment'],
    );
  }, 30_000);

  test("of the tlog-proof: index, hashes, checkpoint, the log's signature line", async () => {
    const rest = tlogProof.slice(cosignatureAt);
    await expectEveryByteMatters(utf8ToBytes(proven), (bytes) => ({ tlogProof: asText(bytes) + rest }), [
      'inclusion',
      'checkpoint signature',
    ]);
  }, 30_000);

  test('of the tlog-proof where a single bit becomes no UTF-8 at all', async () => {
    const bytes = utf8ToBytes(proven);
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = asText(bytes.with(at, bytes[at]! ^ 0x80)) + tlogProof.slice(cosignatureAt);
      expect((await outcome({ ...sample.bundle, tlogProof: changed })).verdict).toBe('invalid');
    }
  }, 30_000);

  test('of the keys', async () => {
    const device = sample.bundle.device!;
    const { log } = sample.bundle;
    for (const change of [
      (text: string) => `B${text.slice(1)}`,
      (text: string) => text.slice(0, -1),
      (text: string) => ` ${text}`,
    ]) {
      const ofDevice = await outcome({
        ...sample.bundle,
        device: { ...device, publicKey: change(device.publicKey) },
      });
      expect(ofDevice.failed).toContain('device key');
      const ofLog = await outcome({ ...sample.bundle, log: { ...log, publicKey: change(log.publicKey) } });
      expect(ofLog.failed).toContain('checkpoint signature');
    }
  });
});

describe('every cut is found', () => {
  test('of the tlog-proof, at every place before the witness', async () => {
    for (let end = 0; end < proven.length; end += 5) {
      const { verdict, failed } = await outcome({ ...sample.bundle, tlogProof: tlogProof.slice(0, end) });
      expect(verdict).toBe('invalid');
      expect(failed).toContain('inclusion');
    }
  }, 30_000);

  test('of the entry and the payload', async () => {
    for (const name of ['entry', 'payload'] as const) {
      const text = sample.bundle[name]!;
      for (const end of [0, 1, 4, text.length - 4, text.length - 1]) {
        expect((await outcome({ ...sample.bundle, [name]: text.slice(0, end) })).verdict).toBe('invalid');
      }
      for (const more of [`${text}A`, `${text}AAAA`, `${text}\n`, ` ${text}`, `${text}=`]) {
        expect((await outcome({ ...sample.bundle, [name]: more })).verdict).toBe('invalid');
      }
    }
  });
});

describe('every field of the anchor matters to who can ask the chain', () => {
  const anchor = sample.bundle.anchor as Record<string, number | string>;
  const nextHex = (text: string, at: number) =>
    text.slice(0, at) + (text[at] === 'f' ? '0' : 'f') + text.slice(at + 1);
  const changes = Object.entries(anchor).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'number'
      ? [
          [name, value + 1],
          [name, value - 1],
          [name, 0],
          [name, -1],
          [name, value + 0.5],
          [name, String(value)],
          [name, 2 ** 53 - 1],
          [name, null],
          [name, undefined],
        ]
      : [
          ...Array.from({ length: value.length - 2 }, (_, i): [string, unknown] => [
            name,
            nextHex(value, i + 2),
          ])
            .filter(([, changed]) => changed !== value)
            .filter((_, i) => i % 5 === 0),
          [name, value.toUpperCase().replace('0X', '0x').replace('0x', '0X')],
          [name, value.slice(2)],
          [name, value.slice(0, -1)],
          [name, `${value}0`],
          [name, `${value}\n`],
          [name, ''],
          [name, null],
        ],
  );

  test('there is each field among them', () => {
    expect(new Set(changes.map(([name]) => name))).toEqual(
      new Set([
        'chainId',
        'contract',
        'transactionHash',
        'blockNumber',
        'blockHash',
        'blockTime',
        'logIndex',
      ]),
    );
  });

  test('and each change fails the anchor and nothing else', async () => {
    for (const [name, value] of changes) {
      const { verdict, failed } = await outcome({ ...sample.bundle, anchor: { ...anchor, [name]: value } });
      const what = `${name} = ${JSON.stringify(value)}`;
      expect(`${what}: ${verdict}, ${failed.join()}`).toBe(`${what}: invalid, anchor`);
    }
  }, 30_000);

  test('the transaction must have succeeded, by the pinned contract, with its own event', async () => {
    const spoil: ((chain: typeof sample.chain) => void)[] = [
      (chain) => Object.assign(receiptOf(chain), { status: '0x0' }),
      (chain) => receiptOf(chain).logs.splice(1, 1),
      (chain) => Object.assign(receiptOf(chain).logs[1]!, { address: `0x${'12'.repeat(20)}` }),
      (chain) => receiptOf(chain).logs[1]!.topics.splice(0, 1, `0x${'34'.repeat(32)}`),
      (chain) => receiptOf(chain).logs[1]!.topics.splice(1, 1, `0x${'34'.repeat(32)}`),
      (chain) => Object.assign(receiptOf(chain), { blockNumber: '0x63' }),
      (chain) => Object.assign(chain.blocks.get(100)!, { hash: `0x${'56'.repeat(32)}` }), // a reorganisation
      (chain) => chain.blocks.delete(100),
      (chain) => Object.assign(chain.blocks.get(100)!, { timestamp: 1 }),
      (chain) => chain.receipts.clear(),
    ];
    for (const change of spoil) {
      const { bundle, policy, chain } = makeSample();
      change(chain);
      const { verdict, checks } = await verifyBundle(bundle, policy);
      expect(verdict).toBe('invalid');
      expect(checks.find((check) => check.status === 'failed')?.name).toBe('anchor');
    }
  });
});

test('the chain must have recorded this size, this root and this signature: each alone is not enough', async () => {
  const good = makeSample();
  const text = good.bundle.tlogProof;
  const { origin, size, root, signatures } = parseCheckpoint(text.slice(text.indexOf('\n\n') + 2));
  const event = { origin, oldSize: 3, newSize: size, root, signature: signatures[0]!.bytes };
  const recording = async (change: Partial<typeof event>) => {
    const { bundle, policy, chain } = makeSample();
    receiptOf(chain).logs[1] = appendedLog(chain.anchorLog, 5, { ...event, ...change });
    const { verdict, checks } = await verifyBundle(bundle, policy);
    return `${verdict} ${checks.filter((check) => check.status === 'failed').map((check) => check.name).join()}`; // prettier-ignore
  };
  expect(await recording({})).toBe('valid ');
  expect(await recording({ oldSize: 0 })).toBe('valid ');
  expect(await recording({ newSize: size + 1 })).toBe('invalid anchor');
  expect(await recording({ newSize: size - 1 })).toBe('invalid anchor');
  expect(await recording({ root: root.with(31, root[31]! ^ 1) })).toBe('invalid anchor');
  expect(await recording({ signature: event.signature.with(0, event.signature[0]! ^ 1) })).toBe(
    'invalid anchor',
  );
});

const receiptOf = (chain: typeof sample.chain) => chain.receipts.values().next().value!;

describe('in the lines of witnesses', () => {
  // signed-note: a line of a key that the verifier does not know is ignored, whatever its signature is. It must still be
  // a signature line: a note with a malformed one is no signed note, and nothing after it can be told apart from text.
  test('a byte changed in a line that nobody asked for changes nothing, unless the note is malformed by it', async () => {
    const bytes = utf8ToBytes(tlogProof.slice(cosignatureAt));
    const verdicts = { valid: 0, invalid: 0 };
    for (let at = 0; at < bytes.length; at++) {
      const line = asText(bytes.with(at, bytes[at]! ^ 1));
      const wellFormed =
        /^— [^\p{White_Space}+]+ [A-Za-z0-9+/]+={0,2}\n$/u.test(line) &&
        isCanonical(line.split(' ')[2]!.trimEnd());
      const { verdict, checks } = await verifyBundle(
        { ...sample.bundle, tlogProof: proven + line },
        unwitnessed,
      );
      expect(`${line} ${verdict}`).toBe(`${line} ${wellFormed ? 'valid' : 'invalid'}`);
      expect(checks.some((check) => check.status === 'failed')).toBe(!wellFormed);
      verdicts[verdict as 'valid' | 'invalid'] += 1;
    }
    expect(verdicts.valid).toBeGreaterThan(80);
    expect(verdicts.invalid).toBeGreaterThan(4);
  }, 30_000);

  test('a byte changed in the line of a witness that the policy asks for is never valid', async () => {
    const bytes = utf8ToBytes(tlogProof.slice(cosignatureAt));
    for (let at = 0; at < bytes.length; at += 3) {
      const line = asText(bytes.with(at, bytes[at]! ^ 1));
      expect((await outcome({ ...sample.bundle, tlogProof: proven + line }, sample.policy)).verdict).not.toBe(
        'valid',
      );
    }
  }, 30_000);
});

function isCanonical(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
