import { logId } from '@tianyuan/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TemporaryChain, makeLog, openTemporaryChain } from './temporary-chain.ts';

let chain: TemporaryChain;

beforeEach(async () => {
  chain = await openTemporaryChain();
});
afterEach(() => chain.remove());

test('an anchor that went with the last second is noticed, and can be appended again', async () => {
  const { origin, client } = await chain.openLog();
  const log = makeLog(origin);
  const kept = await client.confirm(await client.append(log.requestAt(0, 10)));
  const lastSave = await chain.save();
  const hash = await client.append(log.requestAt(10, 20));
  const lost = await client.confirm(hash);
  await chain.crash(lastSave);
  await expect(client.head(logId(origin))).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
  await chain.restart();

  expect(chain.local.start).toBe('recovered');
  expect(await client.finality(kept)).toBe('final');
  expect(await client.finality(lost)).toBe('vanished');
  expect(await client.head(logId(origin))).toMatchObject({ size: 10 });
  await expect(client.confirm(hash)).rejects.toMatchObject({ code: 'ANCHOR_VANISHED' });

  const again = await client.confirm(await client.append(log.requestAt(10, 20)));
  expect(again).toMatchObject({ size: 20 });
  await chain.save();
  expect(await client.finality(again)).toBe('final');
});

test('another block in the place of a lost one is not taken for it', async () => {
  const { origin, client } = await chain.openLog();
  const log = makeLog(origin);
  const lastSave = await chain.save();
  const lost = await client.confirm(await client.append(log.requestAt(0, 20)));
  await chain.crash(lastSave);
  await chain.restart();
  const other = await client.confirm(await client.append(log.requestAt(0, 15)));
  await chain.save();
  expect(other.blockNumber).toBe(lost.blockNumber);
  expect(await client.finality(other)).toBe('final');
  expect(await client.finality(lost)).toBe('vanished');
});
