import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  leafHash,
  nodeHash,
  sha256,
  utf8ToBytes,
} from '@tianyuan/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommandLine } from '../commands/command-line.ts';
import { applyOperation, attestationsOf, decodeOtsFile, encodeOtsFile, encodeTimestamp } from './ots-file.ts';
import { readAttestations, stampFile } from './stamp.ts';
import { decodeSuperRoot, encodeSuperRoot, makeSuperRoot, rootOfHeads } from './super-root.ts';
import vectors from './ots-vectors.json' with { type: 'json' };

const bytesOf = (name: keyof typeof vectors.files) =>
  new Uint8Array(Buffer.from(vectors.files[name], 'base64'));

describe('other people’s .ots files', () => {
  test('a complete one leads to the Merkle root of a Bitcoin block', () => {
    const { digest, timestamp } = decodeOtsFile(bytesOf('hello-world.txt.ots'));
    expect(digest).toEqual(sha256(utf8ToBytes('Hello World!\n')));
    const ends = attestationsOf(digest, timestamp);
    expect(ends.map(({ attestation }) => attestation)).toEqual([{ kind: 'bitcoin', height: 358_391 }]);
    expect(bytesToHex(ends[0]!.message)).toBe(vectors.merkleRootOfBlock358391);
  });

  test('one that two calendars have promised names both', () => {
    const { digest, timestamp } = decodeOtsFile(bytesOf('two-calendars.txt.ots'));
    expect(attestationsOf(digest, timestamp).map(({ attestation }) => attestation)).toEqual([
      { kind: 'pending', uri: 'https://alice.btc.calendar.opentimestamps.org' },
      { kind: 'pending', uri: 'https://bob.btc.calendar.opentimestamps.org' },
    ]);
  });

  test('each is written again byte for byte', () => {
    for (const name of ['hello-world.txt.ots', 'two-calendars.txt.ots'] as const) {
      const { digest, timestamp } = decodeOtsFile(bytesOf(name));
      expect(encodeOtsFile(digest, timestamp)).toEqual(bytesOf(name));
    }
  });

  test.each(['bad-major-version.ots', 'exceeds-max-msg-length.ots', 'invalid-file-digest-type.ots'] as const)(
    '%s is refused',
    (name) => {
      expect(() => decodeOtsFile(bytesOf(name))).toThrow('no OpenTimestamps proof');
    },
  );

  test('every cut is refused', () => {
    const whole = bytesOf('two-calendars.txt.ots');
    for (let end = 0; end < whole.length; end++) {
      expect(() => decodeOtsFile(whole.subarray(0, end)), String(end)).toThrow('no OpenTimestamps proof');
    }
    expect(() => decodeOtsFile(concatBytes(whole, Uint8Array.of(0)))).toThrow('follows its end');
  });
});

describe('a super-root', () => {
  const head = (id: string, size: number) => ({ logId: id.repeat(32), size, root: 'ab'.repeat(32) });
  const leaf = (id: string, size: number) =>
    leafHash(hexToBytes(id.repeat(32) + size.toString(16).padStart(16, '0') + 'ab'.repeat(32)));

  test('is the RFC 6962 root over the heads by log id', () => {
    const [a, b, c] = [leaf('11', 5), leaf('22', 600), leaf('33', 1)];
    expect(rootOfHeads([head('11', 5), head('22', 600), head('33', 1)])).toBe(
      bytesToHex(nodeHash(nodeHash(a, b), c)),
    );
  });

  test('is read again, and not if a head, the order or the root is another', () => {
    const newest = (size: number) => ({ size, root: hexToBytes('ab'.repeat(32)) });
    const status = {
      blockNumber: 7,
      blockTime: 1_790_000_000,
      logs: [
        { logId: '33'.repeat(32), newest: newest(1) },
        { logId: '11'.repeat(32), newest: newest(5) },
        { logId: '22'.repeat(32), newest: undefined },
      ],
    } as unknown as Parameters<typeof makeSuperRoot>[2];
    const made = makeSuperRoot('2026-11-24', { chainId: 7, contract: `0x${'aa'.repeat(20)}` }, status);
    expect(decodeSuperRoot(encodeSuperRoot(made))).toEqual(made);
    const spoil = (change: object) => () => decodeSuperRoot(JSON.stringify({ ...made, ...change }));
    expect(spoil({ heads: made.heads.toReversed() })).toThrow('order');
    expect(spoil({ root: '00'.repeat(32) })).toThrow('not the one of the heads');
    expect(spoil({ heads: made.heads.slice(1) })).toThrow('not the one of the heads');
    expect(spoil({ note: 1 })).toThrow('no super-root');
  });
});

/** A calendar as far as HTTP goes: it promises, and later it has a block. Its answers are of the real format. */
function startCalendar() {
  const state = { complete: false, requests: 0, url: '' };
  const server = createServer((request, response) => {
    state.requests += 1;
    void answer(request.url!, request.method === 'POST' ? buffer(request) : undefined).then((bytes) => {
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    });
  });
  const salt = { tag: 0xf1, argument: new Uint8Array(4).fill(7) };
  const hash = { tag: 0x08 };
  async function answer(path: string, body: Promise<Buffer> | undefined): Promise<Uint8Array | undefined> {
    if (path === '/digest' && (await body)?.length === 32) {
      const promise = { attestations: [{ kind: 'pending' as const, uri: state.url }], branches: [] };
      const hashed = { attestations: [], branches: [{ operation: hash, next: promise }] };
      return encodeTimestamp({ attestations: [], branches: [{ operation: salt, next: hashed }] });
    }
    if (!path.startsWith('/timestamp/') || !state.complete) return undefined;
    const block = { attestations: [{ kind: 'bitcoin' as const, height: 900_000 }], branches: [] };
    return encodeTimestamp({ attestations: [], branches: [{ operation: hash, next: block }] });
  }
  return {
    state,
    start: () =>
      new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', () => {
          state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
          resolve();
        });
      }),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe('stamping', () => {
  const calendar = startCalendar();
  let directory: string;
  let file: string;
  beforeAll(async () => {
    await calendar.start();
    directory = await mkdtemp(join(tmpdir(), 'tianyuan-super-root-'));
    file = join(directory, 'super-root-2026-11-24.json');
    await writeFile(file, encodeSuperRoot(makeSuperRoot('2026-11-24', { chainId: 7, contract: `0x${'aa'.repeat(20)}` }, { blockNumber: 1, blockTime: 2, logs: [], paused: false, keys: { enrolled: 0, revoked: 0 } }))); // prettier-ignore
  });
  afterAll(async () => {
    await calendar.stop();
    await rm(directory, { recursive: true });
  });

  test('where no calendar answers, nothing is written, and it is said', async () => {
    const state = await stampFile(file, ['http://127.0.0.1:9']);
    expect(state).toMatchObject({
      pending: [],
      heights: [],
      troubles: [expect.stringContaining('does not answer')],
    });
    await expect(readFile(`${file}.ots`)).rejects.toThrow('ENOENT');
  });

  test('one that answers has promised, one that is away is told', async () => {
    const state = await stampFile(file, [calendar.state.url, 'http://127.0.0.1:9']);
    expect(state).toMatchObject({ pending: [calendar.state.url], heights: [], troubles: { length: 1 } });
  });

  test('asked again, it keeps its promise, and the proof ends in a block', async () => {
    expect(await stampFile(file, [calendar.state.url])).toMatchObject({ pending: [calendar.state.url] });
    calendar.state.complete = true;
    expect(await stampFile(file, [calendar.state.url])).toEqual({
      pending: [],
      heights: [900_000],
      troubles: [],
    });
    const requests = calendar.state.requests;
    await stampFile(file, [calendar.state.url]);
    expect(calendar.state.requests).toBe(requests); // a complete proof asks nobody
  });

  test('the proof is of exactly this file, by its operations', async () => {
    const [bytes, proof] = await Promise.all([readFile(file), readFile(`${file}.ots`)]);
    const { digest, timestamp } = decodeOtsFile(new Uint8Array(proof));
    expect(digest).toEqual(sha256(bytes));
    const [nonce] = timestamp.branches;
    expect(applyOperation(nonce!.operation, digest)).toHaveLength(48);
    expect(readAttestations(bytes, new Uint8Array(proof))).toMatchObject([
      { attestation: { kind: 'bitcoin', height: 900_000 } },
    ]);
    expect(readAttestations(concatBytes(bytes, Uint8Array.of(10)), new Uint8Array(proof))).toBeUndefined();
  });

  test('the command says what block to look at, and fails where the file is another', async () => {
    const lines: string[] = [];
    const print = {
      out: (text: string) => void lines.push(text),
      err: (text: string) => void lines.push(text),
    };
    expect(await runCommandLine(['verify-super-root', file], print)).toBe(0);
    expect(lines.join('')).toMatch(/Bitcoin block 900000 must have the Merkle root [0-9a-f]{64}/);
    await writeFile(file, (await readFile(file, 'utf8')).replace('"blockNumber": 1', '"blockNumber": 3'));
    expect(await runCommandLine(['verify-super-root', file], print)).toBe(1);
    expect(lines.at(-1)).toContain('other bytes');
  });
});
