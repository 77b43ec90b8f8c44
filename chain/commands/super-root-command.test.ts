import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesToHex, logIdHex } from '@tianyuan/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { type TemporaryChain, makeLog, openTemporaryChain } from '../temporary-chain.ts';
import { decodeSuperRoot } from '../super-root/super-root.ts';

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

  const verified = await run('verify-super-root', join(out, name!));
  expect(verified).toMatchObject({ code: 0, said: expect.stringContaining('not stamped yet') as string });
});
