import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { workedExample } from './worked-example.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tianyuan-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the page shows: each fenced block below a comment `example: NAME`. */
const shown = Object.fromEntries(
  [
    ...readFileSync(at('docs/protocol.md'), 'utf8').matchAll(
      /^<!-- example: (.+) -->\n```\w+\n([\s\S]*?)\n```$/gm,
    ),
  ].map(([, name, text]) => [name!, text!]),
);

test('the page shows what the code makes', () => {
  expect(shown).toEqual({ ...workedExample(), verdict: expect.any(String) });
});

test('the command-line verifier says of it what the page says', () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const bundle = write('example.proof.json', shown['bundle']!);
  const policy = write('example.policy.json', shown['policy']!);
  const { status, stdout } = spawnSync(
    process.execPath,
    [at('verifier/main.ts'), bundle, '--policy', policy],
    {
      encoding: 'utf8',
    },
  );
  expect(stdout.trimEnd()).toBe(shown['verdict']);
  expect(status).toBe(2);
});

// The same from the page's text and node:crypto alone, as a reader with another library would.
test('another implementation agrees', () => {
  const sha256 = (...parts: (Uint8Array | string)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
  const { device } = JSON.parse(shown['bundle']!) as { device: { publicKey: string } };
  const { sig } = JSON.parse(shown['payload']!) as { sig: string };
  const x = Buffer.from(device.publicKey, 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  expect(verify(null, Buffer.from(shown['signed bytes']!), key, Buffer.from(sig, 'base64url'))).toBe(true);

  const entry = Buffer.from(shown['entry']!.replaceAll('\n', ''), 'hex');
  expect(entry).toHaveLength(56);
  expect(entry.subarray(24)).toEqual(sha256(shown['payload']!));

  const leaves = shown['leaves']!.split('\n').map((line) => Buffer.from(line.split(/ +/).at(-1)!, 'hex'));
  expect(leaves[1]).toEqual(sha256(Uint8Array.of(0), entry));
  const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right);
  expect(node(node(leaves[0]!, leaves[1]!), leaves[2]!).toString('hex')).toBe(shown['root']);

  const [, , , , origin, , root] = shown['tlog-proof']!.split('\n').filter((line) => line !== '');
  expect(origin).toBe('gw-1.orchard.example');
  expect(sha256(origin!).toString('hex')).toBe(shown['log id']);
  expect(Buffer.from(root!, 'base64').toString('hex')).toBe(shown['root']);
});
