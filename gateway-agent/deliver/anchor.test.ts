import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AnchorRecord, ChainError } from '@tianyuan/chain';
import { bytesToHex, equalBytes, logId, sha256, utf8ToBytes, verifyConsistency } from '@tianyuan/protocol';
import pino from 'pino';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { GatewayError } from '../gateway-error.ts';
import { openRestoration } from '../log/restoration.ts';
import { openTestLog, testOrigin } from '../test-log.ts';
import { newTestStore } from '../test-store.ts';
import { openAnchorCosts } from './anchor-costs.ts';
import type { AnchorPolicy } from './anchor-policy.ts';
import { type AnchorChain, openAnchorer } from './anchor.ts';
import { newGrowth } from './growth.ts';

type Block = { number: number; hash: string; appends: AnchorRecord[] };

const id = bytesToHex(logId(testOrigin));
const unreachable = () => new ChainError('NODE_UNREACHABLE', 'the node does not answer');

/**
 * A chain with AnchorLog's rules for one log, that mines when it is told to, forgets when it is told to, and fails as
 * planned: `fail.append = 'answer'` broadcasts and loses the answer.
 */
function newTestChain() {
  const blocks: Block[] = [];
  const pool: AnchorRecord[] = [];
  const fail: { all?: boolean; append?: 'before' | 'answer'; confirm?: 'vanished' | 'lost' | 'pending' } = {};
  const calls = { append: 0, finality: 0, head: 0 };
  let fork = 0;
  let sent = 0;
  let isAutomatic = true;
  let finalAfter = 0;
  let invented = 0;

  const mined = () => blocks.flatMap(({ appends }) => appends);
  const headNow = () => mined().at(-1);

  function mine(): void {
    const number = blocks.length + 1;
    const hash = bytesToHex(sha256(utf8ToBytes(`${fork} ${number}`)));
    const appends = pool.splice(0).map((record) => ({ ...record, blockNumber: number, blockHash: hash }));
    blocks.push({ number, hash, appends });
  }

  const chain: AnchorChain = {
    async head() {
      calls.head += 1;
      await nextTurn();
      if (fail.all) throw unreachable();
      const head = headNow();
      const phase = 'open';
      const of = { phase, anchoredAtMs: undefined, successor: undefined } as const;
      return head
        ? { ...of, size: head.size, root: head.root }
        : { ...of, size: 0, root: new Uint8Array(32) };
    },
    async append({ size, root, proof, signature }) {
      calls.append += 1;
      await nextTurn();
      if (fail.all || fail.append === 'before') throw unreachable();
      const head = headNow();
      if (head?.size === size && equalBytes(head.root, root)) return head.transactionHash;
      const grows = head
        ? verifyConsistency({ size1: head.size, size2: size, root1: head.root, root2: root, proof })
        : proof.length === 0;
      if (!grows) throw new ChainError('INCONSISTENT', 'the proof leads nowhere');
      const transactionHash = `0x${++sent}`;
      const position = { transactionHash, blockNumber: 0, blockHash: '', blockTime: 0, logIndex: 0 };
      pool.push({ ...position, logId: id, oldSize: head?.size ?? 0, size, root, signature });
      if (isAutomatic) mine();
      if (fail.append === 'answer') throw unreachable();
      return transactionHash;
    },
    async confirm(transactionHash) {
      await nextTurn();
      if (fail.all || fail.confirm === 'lost') throw unreachable();
      if (fail.confirm === 'pending') return new Promise(() => {});
      if (fail.confirm === 'vanished') {
        pool.splice(0);
        throw new ChainError(
          'ANCHOR_VANISHED',
          `${transactionHash} is neither in a block nor waiting for one`,
        );
      }
      const record = mined().find((one) => one.transactionHash === transactionHash);
      if (record && invented > 0) {
        invented -= 1;
        return { ...record, blockNumber: 1, blockHash: blocks[0]!.hash };
      }
      if (record) return record;
      throw new ChainError('TIMEOUT', 'still not in a block');
    },
    async costOf() {
      await nextTurn();
      if (fail.all) throw unreachable();
      return { gas: 70_000, wei: 140_000n };
    },
    async finality({ blockNumber, blockHash, size, root }) {
      calls.finality += 1;
      await nextTurn();
      if (fail.all) throw unreachable();
      const block = blocks[blockNumber - 1];
      if (block?.hash !== blockHash) return 'vanished';
      if (!block.appends.some((one) => one.size === size && equalBytes(one.root, root))) return 'invented';
      return blocks.length - blockNumber >= finalAfter ? 'final' : 'waiting';
    },
  };
  return {
    chain,
    fail,
    calls,
    mine,
    sizes: () => mined().map(({ size }) => size),
    setAutomatic: (value: boolean) => (isAutomatic = value),
    setFinalAfter: (count: number) => (finalAfter = count),
    /** the next so many anchors are said to be in the first block */
    invent: (count: number) => (invented = count),
    /** another fork wins, without the newest `count` blocks; what was in them is mined again, or not */
    reorganise(count: number, isKept: boolean) {
      fork += 1;
      const lost = blocks.splice(blocks.length - count);
      if (isKept) pool.unshift(...lost.flatMap(({ appends }) => appends));
      mine();
    },
  };
}

function openTestAnchoring({
  size = 3,
  intervalMs = 1,
  policy = {},
}: { size?: number; intervalMs?: number; policy?: Partial<AnchorPolicy> } = {}) {
  const { store, remove } = newTestStore();
  onTestFinished(remove);
  let isHeld = false;
  const { log, checkpoints, append } = openTestLog(store, undefined, () => {
    if (isHeld) throw new GatewayError('HELD', 'held');
  });
  append(size);
  const growth = newGrowth();
  const costs = openAnchorCosts(store);
  const world = newTestChain();
  const warnings: string[] = [];
  const logger = pino(
    { level: 'warn' },
    {
      write(line: string) {
        const { err, msg } = JSON.parse(line) as { err?: { message: string }; msg: string };
        warnings.push(err?.message ?? msg);
      },
    },
  );
  let prepared = 0;
  /** an agent's life, from its start to its stop */
  function start(logStatement = () => {}) {
    const anchorer = openAnchorer({
      origin: testOrigin,
      policy: { intervalMs, everyEntries: undefined, dailyAt: undefined, urgentGapMs: 0, ...policy },
      chain: world.chain,
      store,
      log,
      checkpoints,
      restoration: openRestoration(store, log, { origin: testOrigin, links: ['chain'] }),
      costs,
      growth,
      logger,
      now: () => 42,
      beforeAppend: () => {
        prepared += 1;
        logStatement();
        return Promise.resolve();
      },
    });
    const stopping = new AbortController();
    const running = anchorer.run(stopping.signal);
    const stop = async () => {
      stopping.abort();
      await running;
    };
    onTestFinished(stop);
    const reaches = (anchored: number, final = anchored) =>
      vi.waitFor(() => expect([anchorer.anchoredSize(), anchorer.finalSize()]).toEqual([anchored, final]), {
        timeout: 10_000,
        interval: 2,
      });
    return { anchorer, stop, reaches };
  }
  const grow = (count: number) => {
    append(count);
    growth.announce();
  };
  const rows = () =>
    store.sqlite.prepare('SELECT size, state, transaction_hash AS hash FROM anchors ORDER BY size').all() as {
      size: number;
      state: string;
      hash: string;
    }[];
  const setHeld = (value: boolean) => (isHeld = value);
  return {
    ...world,
    setHeld,
    store,
    log,
    costs,
    append,
    grow,
    warnings,
    start,
    rows,
    prepared: () => prepared,
  };
}

// Full jitter at its least: no test waits for a backoff.
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
});

describe('the anchorer', () => {
  test('anchors the log, and again when it has grown, with proofs that the chain verifies', async () => {
    const { start, grow, sizes, rows, prepared } = openTestAnchoring({ size: 3 });
    const { reaches } = start();
    await reaches(3);
    grow(300);
    await reaches(303);
    grow(1);
    await reaches(304);
    expect(sizes()).toEqual([3, 303, 304]);
    expect(rows().map(({ size, state }) => [size, state])).toEqual([
      [3, 'final'],
      [303, 'final'],
      [304, 'final'],
    ]);
    expect(prepared()).toBe(3);
  });

  test('anchors what `beforeAppend` logged, too', async () => {
    const { start, sizes, append, grow } = openTestAnchoring({ size: 1 });
    const { reaches } = start(() => append(1));
    await reaches(2);
    grow(3);
    await reaches(6);
    expect(sizes()).toEqual([2, 6]);
  });

  test('has nothing logged for an anchor that may not be signed, however often it tries', async () => {
    const { start, setHeld, sizes, append, log, warnings, prepared } = openTestAnchoring({ size: 2 });
    setHeld(true);
    const { reaches } = start(() => append(1));
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(3), { interval: 1 });
    expect([log.size(), prepared(), sizes()]).toEqual([2, 0, []]);
    setHeld(false);
    await reaches(3);
  });

  test('asks nothing of a chain that has everything', async () => {
    const { start, calls, grow } = openTestAnchoring();
    const { reaches } = start();
    await reaches(3);
    const asked = { ...calls };
    for (let i = 0; i < 20; i++) await nextTurn();
    expect(calls).toEqual(asked);
    grow(1);
    await reaches(4);
  });

  test('tells anchored from final', async () => {
    const { start, setFinalAfter, mine, rows } = openTestAnchoring();
    setFinalAfter(2);
    const { reaches } = start();
    await reaches(3, 0);
    mine();
    expect(rows()).toMatchObject([{ size: 3, state: 'anchored' }]);
    mine();
    await reaches(3, 3);
    expect(rows()).toMatchObject([{ size: 3, state: 'final' }]);
  });

  test('learns that an anchor is final while the next one waits for its block', async () => {
    const { start, setFinalAfter, setAutomatic, fail, calls, grow, mine } = openTestAnchoring();
    setFinalAfter(1);
    const { reaches } = start();
    await reaches(3, 0);
    setAutomatic(false);
    fail.confirm = 'pending';
    grow(2);
    await vi.waitFor(() => expect(calls.append).toBe(2), { interval: 1 });
    mine();
    await reaches(3, 3);
  });

  test('a final anchor makes all below it final', async () => {
    const { start, setFinalAfter, grow, mine, rows } = openTestAnchoring();
    setFinalAfter(1000);
    const { reaches } = start();
    await reaches(3, 0);
    grow(1);
    await reaches(4, 0);
    setFinalAfter(2);
    mine();
    mine();
    await reaches(4, 4);
    expect(rows().map(({ state }) => state)).toEqual(['final', 'final']);
  });

  test('appends no more often than its interval, however often it looks for finality', async () => {
    const { start, setFinalAfter, grow, sizes, calls } = openTestAnchoring({ intervalMs: 3_600_000 });
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    setFinalAfter(1000);
    const { reaches } = start();
    await reaches(3, 0);
    grow(5);
    await vi.waitFor(() => expect(calls.head).toBeGreaterThan(2), { timeout: 10_000 }); // looked at every second
    expect(sizes()).toEqual([3]);
    vi.advanceTimersByTime(3_600_000);
    await reaches(8, 0);
    expect(sizes()).toEqual([3, 8]);
  });
});

describe('by its policy', () => {
  const never = { intervalMs: 0 };

  test('after so many entries, and not before', async () => {
    const { start, grow, sizes, calls } = openTestAnchoring({
      size: 9,
      ...never,
      policy: { everyEntries: 10 },
    });
    const { reaches } = start();
    await vi.waitFor(() => expect(calls.head).toBe(1), { interval: 1 });
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(sizes()).toEqual([]);
    grow(1);
    await reaches(10);
    grow(9);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(sizes()).toEqual([10]);
    grow(1);
    await reaches(20);
  });

  test('at once for who asks for it, also while one is under way, and with what had been logged by then', async () => {
    const { start, grow, sizes, calls, setAutomatic, mine } = openTestAnchoring({ size: 3, ...never });
    const { anchorer, reaches } = start();
    await vi.waitFor(() => expect(calls.head).toBe(1), { interval: 1 });
    anchorer.anchorNow('the cold chain broke');
    await reaches(3);
    setAutomatic(false);
    grow(2);
    anchorer.anchorNow('the cold chain broke');
    await vi.waitFor(() => expect(calls.append).toBe(2), { interval: 1 });
    grow(2);
    anchorer.anchorNow('the cold chain broke');
    setAutomatic(true);
    mine();
    await reaches(7);
    expect(sizes()).toEqual([3, 5, 7]);
    anchorer.anchorNow('nothing new'); // everything is anchored
    for (let i = 0; i < 10; i++) await nextTurn();
    grow(1);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(sizes()).toEqual([3, 5, 7]);
  });

  test('for who asks all the time, with a gap between', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const policy = { urgentGapMs: 10_000 };
    const { start, grow, sizes, calls } = openTestAnchoring({ size: 3, ...never, policy });
    const { anchorer, reaches } = start();
    anchorer.anchorNow('batch 1 is closed'); // the first at once
    await reaches(3);
    const asked = calls.head;
    for (let batch = 2; batch < 50; batch++) {
      grow(1);
      anchorer.anchorNow(`batch ${batch} is closed`);
      await nextTurn();
    }
    expect([sizes(), calls.head]).toEqual([[3], asked]);
    vi.advanceTimersByTime(10_000);
    grow(0);
    await reaches(51);
    expect(sizes()).toEqual([3, 51]);
  });

  test('what it cost is counted once a transaction, by the day', async () => {
    const { start, grow, costs } = openTestAnchoring({ size: 3 });
    const { reaches, stop } = start();
    await reaches(3);
    grow(1);
    await reaches(4);
    await stop();
    costs.add('0x2', { gas: 70_000, wei: 140_000n }, 42); // confirmed again after a restart
    expect(costs.total()).toEqual({ transactions: 2, gas: 140_000, wei: '280000' });
    costs.add('0x3', { gas: 1, wei: 10n ** 20n }, 42 + 86_400_000);
    expect(costs.days(1)).toEqual([
      { day: expect.any(String), transactions: 1, gas: 1, wei: String(10n ** 20n) },
    ]);
    expect(costs.days(9)).toHaveLength(2);
    expect(costs.total().wei).toBe(String(10n ** 20n + 280_000n));
  });
});

describe('through failures, every root arrives once', () => {
  test('the chain is away for a while, and the log grows meanwhile', async () => {
    const { start, fail, grow, sizes, warnings } = openTestAnchoring();
    fail.all = true;
    const { reaches } = start();
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(3));
    grow(4);
    fail.all = false;
    await reaches(7);
    expect(sizes()).toEqual([7]);
  });

  test('an append’s answer is lost after the chain took it: its block is found all the same', async () => {
    const { start, fail, sizes, rows, warnings } = openTestAnchoring();
    fail.append = 'answer';
    const { reaches } = start();
    await vi.waitFor(() => expect(warnings).toHaveLength(1), { interval: 1 });
    delete fail.append;
    await reaches(3);
    expect(sizes()).toEqual([3]);
    expect(rows()).toEqual([{ size: 3, state: 'final', hash: '0x1' }]);
  });

  test('the same, and the log has grown meanwhile', async () => {
    const { start, fail, sizes, grow } = openTestAnchoring();
    fail.append = 'answer';
    const { reaches } = start();
    await vi.waitFor(() => expect(sizes()).toEqual([3]), { interval: 1 });
    grow(2);
    delete fail.append;
    await reaches(5);
    expect(sizes()).toEqual([3, 5]);
  });

  test('the agent is killed between broadcast and confirmation, and starts again', async () => {
    const { start, fail, sizes, rows } = openTestAnchoring();
    fail.confirm = 'pending';
    const first = start();
    await vi.waitFor(() => expect(rows()).toMatchObject([{ size: 3, state: 'sent' }]), { interval: 1 });
    await first.stop(); // at once, though the confirmation never comes
    delete fail.confirm;
    const second = start();
    await second.reaches(3);
    expect(sizes()).toEqual([3]);
    expect(rows()).toEqual([{ size: 3, state: 'final', hash: '0x1' }]);
  });

  test('a transaction vanishes before its block, and is sent anew', async () => {
    const { start, fail, setAutomatic, sizes, warnings, rows } = openTestAnchoring();
    setAutomatic(false);
    fail.confirm = 'vanished';
    const { reaches } = start();
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(0), { interval: 1 });
    setAutomatic(true);
    delete fail.confirm;
    await reaches(3);
    expect(sizes()).toEqual([3]);
    expect(rows()).toHaveLength(1);
  });

  test('an anchor vanishes with its block: it is appended again', async () => {
    const { start, setFinalAfter, reorganise, sizes, mine, warnings } = openTestAnchoring();
    setFinalAfter(1);
    const { reaches } = start();
    await reaches(3, 0);
    reorganise(1, false);
    await vi.waitFor(() => expect(sizes()).toEqual([3]), { interval: 1, timeout: 5_000 });
    mine();
    await reaches(3, 3);
    expect(warnings).toContain('the chain lost an anchor; it is appended again');
  });

  test('a node invents the block of an anchor: that is not believed, and the operator reads it', async () => {
    const { start, setFinalAfter, invent, sizes, mine, warnings, rows } = openTestAnchoring();
    setFinalAfter(1);
    invent(1);
    mine(); // the block that it names, with nothing in it
    const { reaches } = start();
    await reaches(3, 0);
    mine();
    await reaches(3, 3);
    expect(warnings).toEqual([
      expect.stringMatching(/^ALARM: a node told of an anchor that is not in the block/),
    ]);
    expect(sizes()).toEqual([3]);
    expect(rows()).toMatchObject([
      { size: 3, state: 'final', hash: expect.stringMatching(/^0x1/) as string },
    ]);
  });

  test('an anchor moves to another block: that one is waited for, and nothing is sent', async () => {
    const { start, setFinalAfter, reorganise, sizes, mine, rows } = openTestAnchoring();
    setFinalAfter(2);
    const { reaches } = start();
    await reaches(3, 0);
    mine();
    reorganise(2, true);
    await vi.waitFor(() => expect(rows()).toMatchObject([{ size: 3, hash: '0x1' }]), { interval: 1 });
    mine();
    mine();
    await reaches(3, 3);
    expect(sizes()).toEqual([3]);
  });

  test('a chain that begins anew gets the log again, and what was final is not called so any more', async () => {
    const { start, reorganise, sizes, grow, rows } = openTestAnchoring();
    const first = start();
    await first.reaches(3);
    grow(2);
    await first.reaches(5);
    await first.stop();
    reorganise(2, false);
    const { anchorer, reaches } = start();
    expect([anchorer.anchoredSize(), anchorer.finalSize()]).toEqual([5, 5]); // as far as it knows
    await vi.waitFor(() => expect(sizes()).toEqual([5]), { interval: 1 });
    await reaches(5);
    expect(rows().map(({ size }) => size)).toEqual([5]);
  });

  test('a restart says what it knew before the chain answers', async () => {
    const { start, fail } = openTestAnchoring();
    const first = start();
    await first.reaches(3);
    await first.stop();
    fail.all = true;
    const { anchorer } = start();
    expect([anchorer.anchoredSize(), anchorer.finalSize()]).toEqual([3, 3]);
  });
});

describe('a store that is not what was anchored', () => {
  test('because it is older: nothing is appended, and it is said', async () => {
    const { start, store, log, warnings, calls } = openTestAnchoring({ size: 9 });
    const first = start();
    await first.reaches(9);
    await first.stop();
    store.sqlite.exec('DELETE FROM entries WHERE idx >= 5; DELETE FROM anchors; DELETE FROM checkpoints');
    log.restore();
    const appends = calls.append;
    start();
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(1), { interval: 1 });
    expect(warnings[0]).toMatch(
      /^the chain holds 9 entries of gw-1\.example\/log, this store only 5: .*Restore/,
    );
    expect(calls.append).toBe(appends);
  });

  test('because it has another history: nothing is appended, and it is said', async () => {
    const { start, store, log, warnings, calls, append } = openTestAnchoring({ size: 4 });
    const first = start();
    await first.reaches(4);
    await first.stop();
    store.sqlite.exec('DELETE FROM entries WHERE idx = 3; DELETE FROM anchors; DELETE FROM checkpoints');
    store.sqlite.exec('UPDATE entries SET entry = zeroblob(56) WHERE idx = 2');
    log.restore();
    append(4);
    const appends = calls.append;
    start();
    await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(1), { interval: 1 });
    expect(warnings[0]).toMatch(
      /^the chain has the root [0-9a-f]{64} of gw-1\.example\/log at 4 entries, which is not this store's/,
    );
    expect(calls.append).toBe(appends);
  });
});
