import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesToHex, hexToBytes, logIdHex, verifyInclusion } from '@tianyuan/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { type TemporaryChain, makeLog, openTemporaryChain } from '../temporary-chain.ts';
import { type ProvenHead, decodeSuperRoot, leafOf } from '../super-root/super-root.ts';

let chain: TemporaryChain;
beforeAll(async () => {
  chain = await openTemporaryChain();
});
afterAll(() => chain?.remove());

async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const print = {
    out: (text: string) => void lines.push(text),
    err: (text: string) => void lines.push(text),
  };
  return { code: await runCommandLine(args, print), said: lines.join('') };
}

test('the file of the day holds every anchored head, is made once, and is there though no calendar answers', async () => {
  const { origin, client } = await chain.openLog();
  await chain.openLog(); // opened, and not anchored yet
  const request = makeLog(origin).requestAt(0, 9);
  await client.confirm(await client.append(request));
  const out = join(chain.directory, 'super-roots');
  const deployment = join(chain.directory, 'deployment.json');
  const args = ['--rpc', chain.local.rpcUrl, '--deployment', deployment, '--out', out];
  const make = () => run('super-root', ...args, '--calendar', 'http://127.0.0.1:9');
  const made = await make();
  expect(made).toMatchObject({
    code: 0,
    said: expect.stringContaining('not stamped: no calendar answers') as string,
  });
  const [name, ...others] = await readdir(out);
  expect(others).toEqual([]);
  const text = await readFile(join(out, name!), 'utf8');
  expect(decodeSuperRoot(text).heads).toEqual([
    { logId: logIdHex(origin), size: 9, root: bytesToHex(request.root) },
  ]);

  await client.confirm(await client.append(makeLog(origin).requestAt(9, 12)));
  await make(); // later the same day
  expect(await readFile(join(out, name!), 'utf8')).toBe(text);

  // What was anchored just now is not final by this rule, and so not in the file.
  const later = join(chain.directory, 'final-ones');
  await run(
    'super-root',
    ...args,
    '--out',
    later,
    '--confirmations',
    '1',
    '--calendar',
    'http://127.0.0.1:9',
  );
  expect(decodeSuperRoot(await readFile(join(later, name!), 'utf8')).heads).toMatchObject([{ size: 9 }]);
  const never = await run('super-root', ...args, '--out', `${later}-not`, '--confirmations', '1000000');
  expect(never).toMatchObject({
    code: 1,
    said: expect.stringMatching(/no block up to \d+ is final yet/) as string,
  });

  const verified = await run('verify-super-root', join(out, name!));
  expect(verified).toMatchObject({ code: 0, said: expect.stringContaining('not stamped yet') as string });
});

test('what the file has of one log is proven without the others', async () => {
  const { origin, client } = await chain.openLog();
  const request = makeLog(origin).requestAt(0, 4);
  await client.confirm(await client.append(request));
  const out = join(chain.directory, 'proven');
  const deployment = join(chain.directory, 'deployment.json');
  const args = ['--rpc', chain.local.rpcUrl, '--deployment', deployment, '--out', out];
  await run('super-root', ...args, '--calendar', 'http://127.0.0.1:9');
  const [name] = await readdir(out);
  const file = join(out, name!);
  const { code, said } = await run('verify-super-root', file, '--log', origin);
  expect(code).toBe(0);
  const proven = JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1)) as ProvenHead;
  expect(proven).toMatchObject({ logId: logIdHex(origin), size: 4, root: bytesToHex(request.root) });
  const { root } = decodeSuperRoot(await readFile(file, 'utf8'));
  const isUnder = (head: ProvenHead) =>
    verifyInclusion({
      index: head.index,
      size: head.heads,
      leafHash: leafOf(head),
      proof: head.proof.map(hexToBytes),
      root: hexToBytes(root),
    });
  expect(isUnder(proven)).toBe(true);
  expect(isUnder({ ...proven, size: 5 })).toBe(false);

  expect(await run('verify-super-root', file, '--log', 'nobody.example')).toMatchObject({
    code: 1,
    said: expect.stringContaining('has no head of nobody.example') as string,
  });
});
