import { spawn } from 'node:child_process';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '@tianyuan/protocol';
import { makeSample } from '@tianyuan/protocol/vectors/sample-bundle.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const { bundle, policy } = makeSample();
const folder = mkdtempSync(join(tmpdir(), 'tianyuan-verify-'));
const policyFile = write('policy.json', JSON.stringify({ chain: policy.chain, witnesses: policy.witnesses }));
const bundleFile = write('good.proof.json', JSON.stringify(bundle));
const node = createServer((request, response) => void answerAsNode(request, response));
let rpcUrl: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
  rpcUrl = `http://127.0.0.1:${(node.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  await new Promise((resolve) => node.close(resolve));
  rmSync(folder, { recursive: true });
});

describe('exit code 0', () => {
  test('a bundle that the pinned chain confirms, every check named', async () => {
    const { code, out, err } = await verify([bundleFile, '--policy', policyFile, '--rpc', rpcUrl]);
    expect(err).toContain(policyFile);
    expect(out.match(/^✓ /gm)).toHaveLength(8);
    expect(out).toContain("✓ message signature     设备签名有效 · the device's signature fits the message");
    expect(out).toContain('Verdict: valid');
    expect(code).toBe(0);
  });

  test('the same from standard input, the chain pinned by hand', async () => {
    const { chainId, anchorLog, deviceRegistry } = policy.chain!;
    const byHand = ['--chain-id', String(chainId), '--anchor-log', anchorLog, '--registry', deviceRegistry];
    const { code, out } = await verify(
      ['-', ...byHand, '--finality', 'confirmations:3', '--rpc', rpcUrl, '--json'],
      JSON.stringify(bundle),
    );
    expect(JSON.parse(out)).toMatchObject({ verdict: 'valid', checks: { length: 8 } });
    expect(code).toBe(0);
  });
});

describe('exit code 1', () => {
  test.each([
    ['payload', 'message signature'],
    ['payload', 'payload commitment'],
    ['entry', 'inclusion'],
  ] as const)('one bit of the %s turned over: %s fails', async (member, check) => {
    const file = write('bad.proof.json', JSON.stringify(tampered(member)));
    const { code, out } = await verify([file, '--policy', policyFile, '--rpc', rpcUrl]);
    expect(out).toMatch(new RegExp(`^✗ ${check}`, 'm'));
    expect(out).toContain('Verdict: invalid');
    expect(code).toBe(1);
  });

  test('a byte of the file that is no UTF-8 any more', async () => {
    const bytes = Buffer.from(JSON.stringify(bundle));
    bytes[bytes.indexOf(bundle.entry) + 3]! ^= 0x80;
    const { code, out } = await verify([write('bits.proof.json', bytes), '--policy', policyFile]);
    expect(out).toMatch(/^✗ inclusion/m);
    expect(code).toBe(1);
  });
});

describe('exit code 2', () => {
  test('no node to ask: the chain is not checked', async () => {
    const { code, out } = await verify([bundleFile, '--policy', policyFile]);
    expect(out).toMatch(/^– anchor/m);
    expect(out).toContain('Verdict: incomplete');
    expect(code).toBe(2);
  });

  test('a confirmation rule that the chain has not met yet', async () => {
    const { code, out } = await verify([
      bundleFile,
      '--policy',
      policyFile,
      '--finality',
      'confirmations:4',
      '--rpc',
      rpcUrl,
    ]);
    expect(out).toMatch(/^– finality .*3 later blocks of the 4/m);
    expect(code).toBe(2);
  });

  const cut = JSON.stringify(bundle).slice(0, 700);
  test.each([
    ['no such file', [join(folder, 'missing')], 'Give the path of a .proof.json file'],
    ['a folder', [folder], 'Give the path of a .proof.json file'],
    ['an empty file', [write('empty', '')], 'is empty'],
    ['a truncated bundle', [write('cut', cut)], 'ends in the middle: it is 700 characters'],
    ['garbage', [write('garbage', 'PK\u0003\u0004 ...')], 'is not JSON'],
    ['other JSON', [write('other', '{"type":"tianyuan/proof/v9"}')], 'no tianyuan/proof/v1 bundle'],
    ['too much', [write('much', ' '.repeat(1024 * 1024 + 1))], 'more than 1048576 bytes'],
    ['a policy that is none', [bundleFile, '--policy', bundleFile], 'is no trust policy'],
    ['a missing policy', [bundleFile, '--policy', join(folder, 'missing')], 'Cannot read the trust policy'],
    [
      'an unknown finality',
      [bundleFile, '--policy', policyFile, '--finality', 'soon'],
      '--finality is instant',
    ],
    [
      'a chain id that is no number',
      [bundleFile, '--policy', policyFile, '--chain-id', 'x'],
      'chain.chainId',
    ],
    [
      'an RPC that is no URL',
      [bundleFile, '--policy', policyFile, '--rpc', 'localhost:8545'],
      'http or https URL',
    ],
    ['no argument', [], "missing required argument 'file'"],
  ])('%s', async (_, args, words) => {
    const { code, out, err } = await verify(args);
    expect(err).toContain(words);
    expect(out).toBe('');
    expect(code).toBe(2);
  });
});

/** One bit of the 46th byte turned over. */
function tampered(member: 'entry' | 'payload'): unknown {
  const bytes = decodeBase64(bundle[member]!);
  bytes[45]! ^= 1;
  return { ...bundle, [member]: encodeBase64(bytes) };
}

async function answerAsNode(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { id, method, params } = JSON.parse(await text(request)) as {
    id: number;
    method: string;
    params: unknown[];
  };
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: await policy.rpc!(method, params) }));
}

function write(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function verify(args: string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [main, ...args]);
  child.stdin.end(input);
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}
