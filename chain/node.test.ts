import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type LocalChain, startLocalChain } from './local/local-chain.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commonHead, openNode } from './node.ts';

let directory: string;
let anvil: LocalChain;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tianyuan-nodes-'));
  anvil = await startLocalChain({ directory, port: 0 });
}, 30_000);
afterAll(async () => {
  await anvil.stop();
  await rm(directory, { recursive: true, force: true });
});

type Bend = (method: string, result: unknown) => unknown;
type Front = { url: string; asked: string[]; bend: Bend; down: boolean };

/** Another node of the chain: it passes questions on, notes them, and bends what it answers. */
async function openFront(bend: Bend = (_, result) => result): Promise<Front> {
  const front: Front = { url: '', asked: [], bend, down: false };
  const server = createServer((request, response) => {
    if (front.down) request.socket.destroy();
    else void pass(request, response);
  }).listen(0, '127.0.0.1');
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method } = JSON.parse(body.toString()) as { method: string };
    front.asked.push(method);
    const answer = (await (
      await fetch(anvil.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    ).json()) as { result?: unknown };
    if ('result' in answer) answer.result = front.bend(method, answer.result);
    response.end(JSON.stringify(answer));
  }
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return front;
}

function open(...fronts: { url: string }[]) {
  const node = openNode({
    rpcUrl: fronts.map(({ url }) => url).join(', '),
    chainId: anvil.chainId,
    timeoutMs: 2_000,
  });
  onTestFinished(node.close);
  return node;
}

const ask = (node: ReturnType<typeof open>) =>
  node.ask((provider) => provider.getBalance(`0x${'11'.repeat(20)}`));
const saw = ({ asked }: Front) => asked.includes('eth_getBalance');
/** A node that has this many blocks fewer, or more if negative. */
const behind =
  (blocks: number): Bend =>
  (method, result) =>
    method === 'eth_blockNumber' ? `0x${Math.max(0, Number(result) - blocks).toString(16)}` : result;
const mine = async (blocks: number) => {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'anvil_mine',
    params: [`0x${blocks.toString(16)}`],
  });
  await fetch(anvil.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
};

describe('a chain with several nodes', () => {
  test('asks the preferred one, and keeps to it', async () => {
    const [first, second] = [await openFront(), await openFront()];
    const node = open(first, second);
    await ask(node);
    await ask(node);
    expect([saw(first), saw(second)]).toEqual([true, false]);
    expect(node.health()).toMatchObject([{ isCurrent: true, trouble: undefined }, { isCurrent: false }]);
  });

  test('goes on with the next one when that one is down, and stays there', async () => {
    const [first, second] = [await openFront(), await openFront()];
    const node = open(first, second);
    await ask(node);
    first.down = true;
    await ask(node);
    expect(saw(second)).toBe(true);
    first.down = false;
    first.asked.length = 0;
    await ask(node);
    expect(saw(first)).toBe(false);
    expect(node.health()).toMatchObject([{ trouble: 'unreachable' }, { isCurrent: true }]);
  });

  test('refuses a node of another chain, and says so where there is no other', async () => {
    const bent: Bend = (method, result) => (method === 'eth_chainId' ? '0x1' : result);
    const [stranger, second] = [await openFront(bent), await openFront()];
    const node = open(stranger, second);
    await ask(node);
    expect([saw(stranger), saw(second)]).toEqual([false, true]);
    expect(node.health()).toMatchObject([{ trouble: 'wrong chain' }, { trouble: undefined }]);
    await expect(ask(open(stranger))).rejects.toMatchObject({ code: 'WRONG_CHAIN_ID' });
    await expect(ask(open(stranger, await openFront(bent)))).rejects.toMatchObject({
      code: 'WRONG_CHAIN_ID',
      message: expect.stringMatching(/^none of 2 nodes serves: .* is of chain 1, not/),
    });
  });

  test('avoids one that is behind, from the first question on', async () => {
    await mine(20);
    const [late, second] = [await openFront(behind(10)), await openFront()];
    const node = open(late, second);
    await ask(node);
    expect([saw(late), saw(second)]).toEqual([false, true]);
    expect(node.health()[0]).toMatchObject({ trouble: 'lagging' });
    // Better a node that is behind than none.
    second.down = true;
    await ask(node);
    expect(saw(late)).toBe(true);
  });

  test('a node two blocks behind is not behind, and one that claims to be far ahead does not make others look late', async () => {
    await mine(20);
    const [near, liar, third] = [
      await openFront(behind(2)),
      await openFront(behind(-1000)),
      await openFront(),
    ];
    const node = open(near, liar, third);
    await ask(node);
    expect(saw(near)).toBe(true);
    expect(node.health().map(({ trouble }) => trouble)).toEqual([undefined, undefined, undefined]);
  });

  test('says what is wrong with each where none serves, as something that may pass', async () => {
    const [first, second] = [await openFront(), await openFront()];
    first.down = second.down = true;
    await expect(ask(open(first, second))).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      message: expect.stringMatching(new RegExp(`^none of 2 nodes serves: .*${first.url}.*${second.url}`)),
    });
  });

  test('a refusal of the contract or the node is an answer: the others are not asked', async () => {
    const [first, second] = [await openFront(), await openFront()];
    const node = open(first, second);
    await expect(node.ask((provider) => provider.send('eth_noSuchMethod', []))).rejects.toMatchObject({
      code: 'REFUSED',
    });
    expect(second.asked).not.toContain('eth_noSuchMethod');
  });

  test('none at all is said at once', () => {
    expect(() => openNode({ rpcUrl: ' , ', chainId: 1 })).toThrow(/no node of the chain is named/);
  });
});

test('commonHead: at least half of the nodes have it, and fewer than half have more than the next', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { minLength: 1, maxLength: 9 }), (heads) => {
      const common = commonHead(heads)!;
      expect(heads.filter((head) => head >= common).length).toBeGreaterThanOrEqual(heads.length / 2);
      expect(heads.filter((head) => head > common).length).toBeLessThan(Math.max(1, heads.length / 2));
    }),
  );
  expect(commonHead([undefined, 3])).toBe(3);
  expect(commonHead([undefined])).toBeUndefined();
});
