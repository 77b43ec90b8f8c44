import { setTimeout as delay } from 'node:timers/promises';
import { canonicalize } from '@tianyuan/protocol';
import { expect, test } from 'vitest';
import { encodeStatement, newBlockStatements } from './statement.ts';

const parse = (payload: Uint8Array) => JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;

test('a statement is canonical and never the same twice: its hash tells nothing', () => {
  const statement = { statement: 'boot', boot: 3, agent: '0.1.0', configDigest: 'ab' } as const;
  const [one, other] = [encodeStatement(statement), encodeStatement(statement)];
  expect(parse(one)).toMatchObject({ v: 1, ...statement, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(Buffer.from(one).toString()).toBe(canonicalize(parse(one)));
  expect(one).not.toEqual(other);
});

test('blocks are stated at most once in a minute, and a chain that does not answer is asked again', async () => {
  let sinceBootMs = 5;
  const clock = { now: Date.now, sinceBootMs: () => sinceBootMs, state: () => 'unknown' as const };
  let down = true;
  let blockNumber = 0;
  const newestBlock = async () => {
    await delay(0);
    if (down) throw new Error('down');
    return { chainId: 7, blockNumber: ++blockNumber, blockHash: '0xab' };
  };
  const stated: Record<string, unknown>[] = [];
  const state = newBlockStatements({ newestBlock }, clock, (payload) => stated.push(parse(payload)));
  await expect(state()).rejects.toThrow('down');
  down = false;
  await state();
  await state();
  sinceBootMs += 59_999;
  await state();
  expect(stated).toMatchObject([{ statement: 'block', chainId: 7, blockNumber: 1, blockHash: '0xab' }]);
  sinceBootMs += 1;
  await state();
  expect(stated).toHaveLength(2);
});
