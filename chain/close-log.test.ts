import { logId, logIdHex } from '@tianyuan/protocol';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeLog, readClosedLog } from './close-log.ts';
import { runCommandLine } from './commands/command-line.ts';
import { type TemporaryChain, makeLog, openTemporaryChain } from './temporary-chain.ts';

let chain: TemporaryChain;

beforeAll(async () => {
  chain = await openTemporaryChain();
}, 30_000);
afterAll(() => chain.remove());

const close = (origin: string, successor: string) =>
  closeLog({
    rpcUrl: chain.local.rpcUrl,
    deployment: chain.deployment,
    origin,
    successor,
    organisationKey: chain.accounts.admin.privateKey,
    pollMs: 20,
  });
const read = (origin: string) => readClosedLog({ rpcUrl: chain.local.rpcUrl }, chain.deployment, origin);

test('a log is closed once, in favour of one that is open, and its last head stays for ever', async () => {
  const { origin, client } = await chain.openLog();
  const log = makeLog(origin);
  const successor = await chain.openLog();
  await client.confirm(await client.append(log.requestAt(0, 31)));
  await expect(read(origin)).rejects.toMatchObject({ code: 'NOT_CLOSED' });

  const { root } = log.requestAt(0, 31);
  const closed = { logId: logIdHex(origin), size: 31, root, successor: logIdHex(successor.origin) };
  expect(await close(origin, successor.origin)).toEqual({ ...closed, isNew: true });
  expect(await close(origin, successor.origin)).toEqual({ ...closed, isNew: false });
  expect(await read(origin)).toEqual(closed);

  const third = await chain.openLog();
  await expect(close(origin, third.origin)).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  await expect(client.append(log.requestAt(31, 40))).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  expect(await client.head(logId(origin))).toMatchObject({ phase: 'closed', size: 31 });
});

test('not in favour of a log that nobody opened, and not one that is unknown', async () => {
  const { origin } = await chain.openLog();
  await expect(close(origin, 'nobody.example')).rejects.toMatchObject({
    code: 'LOG_UNKNOWN',
    message: expect.stringMatching(/successor nobody\.example is not opened: open it first/),
  });
  await expect(close('nobody.example', origin)).rejects.toMatchObject({ code: 'LOG_UNKNOWN' });
});

test('chain close-log says the last head', async () => {
  const { origin, client } = await chain.openLog();
  const successor = await chain.openLog();
  await client.confirm(await client.append(makeLog(origin).requestAt(0, 7)));
  const deployment = join(chain.directory, 'deployment.json');
  const mnemonic = join(chain.directory, 'phrase');
  await writeFile(mnemonic, chain.local.mnemonic);
  const said: string[] = [];
  const print = { out: (text: string) => void said.push(text), err: (text: string) => void said.push(text) };
  const args = ['close-log', origin, '--successor', successor.origin, '--rpc', chain.local.rpcUrl];
  expect(
    await runCommandLine([...args, '--deployment', deployment, '--mnemonic-file', mnemonic], print),
  ).toBe(0);
  expect(said.join('')).toMatch(/is closed\nlast anchored head: 7 entries, root [0-9a-f]{64}\nsuccessor: /);
});
