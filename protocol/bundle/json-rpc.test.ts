import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { makeSample } from '../vectors/sample-bundle.ts';
import { quantity } from '../vectors/sample-chain.ts';
import { type JsonRpc, jsonRpcOver } from './json-rpc.ts';
import type { TrustPolicy } from './trust-policy.ts';
import { verifyBundle } from './verify-bundle.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function nodeThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const saying =
  (body: string, status = 200): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };

const rpcError = (message: RegExp) =>
  expect.objectContaining({ name: 'ProtocolError', code: 'RPC', message: expect.stringMatching(message) });

describe('jsonRpcOver', () => {
  test('asks as JSON-RPC 2.0 says and gives the result, null included', async () => {
    const bodies: unknown[] = [];
    const url = await nodeThat((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push([request.method, request.headers['content-type'], JSON.parse(body)]);
        response.end(
          JSON.stringify({
            jsonrpc: '2.0',
            id: bodies.length,
            result: bodies.length === 1 ? '0x7a69' : null,
          }),
        );
      });
    });
    const rpc = jsonRpcOver(url);
    expect(await rpc('eth_chainId', [])).toBe('0x7a69');
    expect(await rpc('eth_getTransactionReceipt', ['0x00'])).toBeNull();
    expect(bodies).toEqual([
      ['POST', 'application/json', { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }],
      [
        'POST',
        'application/json',
        { jsonrpc: '2.0', id: 2, method: 'eth_getTransactionReceipt', params: ['0x00'] },
      ],
    ]);
  });

  test('an error of null, as some nodes write it, is none', async () => {
    const rpc = jsonRpcOver(await nodeThat(saying('{"jsonrpc":"2.0","id":1,"error":null,"result":"0x1"}')));
    expect(await rpc('eth_chainId', [])).toBe('0x1');
  });

  test.each([
    [
      'an error with a message',
      '{"error":{"code":-32601,"message":"no such method"}}',
      /refuses eth_chainId: no such method/,
    ],
    ['an error without one', '{"error":{"code":-32601}}', /refuses eth_chainId: \{"code":-32601\}/],
    ['an error that is a string', '{"error":"busy"}', /refuses eth_chainId: "busy"/],
    ['a page', '<html>', /does not speak JSON-RPC/],
    ['nothing', '', /does not speak JSON-RPC/],
    ['a number', '1', /does not speak JSON-RPC/],
    ['null', 'null', /does not speak JSON-RPC/],
  ])('%s', async (_, body, message) => {
    const rpc = jsonRpcOver(await nodeThat(saying(body)));
    await expect(rpc('eth_chainId', [])).rejects.toThrow(rpcError(message));
  });

  test('a server that is not there', async () => {
    const url = await nodeThat(saying('{}'));
    const server = servers.pop()!;
    server.close();
    await once(server, 'close');
    await expect(jsonRpcOver(url)('eth_chainId', [])).rejects.toThrow(rpcError(/does not answer/));
  });

  test('a server that takes the question and says nothing', async () => {
    const url = await nodeThat((request) => request.resume());
    await expect(jsonRpcOver(url, 50)('eth_chainId', [])).rejects.toThrow(rpcError(/does not answer/));
  });

  test('a server that begins to answer and stops', async () => {
    const url = await nodeThat((request, response) => {
      request.resume();
      response.write('{"result":');
    });
    await expect(jsonRpcOver(url, 100)('eth_chainId', [])).rejects.toThrow(rpcError(/does not answer/));
  });

  test('a server that never ends is cut off before it fills the memory', async () => {
    let sent = 0;
    const url = await nodeThat((request, response) => {
      request.resume();
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const send = () => {
        while (!response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', send);
        }
      };
      send();
    });
    await expect(jsonRpcOver(url)('eth_chainId', [])).rejects.toThrow(rpcError(/answers with too much/));
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });
});

/** Rejects with what is no Error: a caller's own JsonRpc is not ours to trust. */
const rejectWith = (reason: unknown): Promise<never> =>
  new Promise((_, reject) => (reject as (reason: unknown) => void)(reason));

/** The sample's own node, except for what it is made to say. */
const nodeSaying = (policy: TrustPolicy, method: string, say: (honest: unknown) => unknown): TrustPolicy => ({
  ...policy,
  rpc: async (asked, params) => {
    const honest = await policy.rpc!(asked, params);
    return asked === method ? say(honest) : honest;
  },
});

async function statuses(bundle: unknown, policy: TrustPolicy) {
  const { verdict, checks } = await verifyBundle(bundle, policy);
  return { verdict, ...Object.fromEntries(checks.map((check) => [check.name, check.status])) };
}

describe('a node that cannot be asked leaves what it vouches for unchecked:', () => {
  const undecided = {
    verdict: 'incomplete',
    'message signature': 'passed',
    'device key': 'not checked',
    'payload commitment': 'passed',
    inclusion: 'passed',
    'checkpoint signature': 'not checked',
    cosignatures: 'passed',
    anchor: 'not checked',
    finality: 'not checked',
  };
  const nodes: [string, JsonRpc][] = [
    ['it errs', () => Promise.reject(new Error('down'))],
    ['it errs with nothing', () => rejectWith(undefined)],
    ['it errs with a string', () => rejectWith('down')],
    ['it throws at once', () => { throw new Error('down'); }], // prettier-ignore
    ...[
      undefined,
      null,
      true,
      0,
      31_337,
      '',
      '0x',
      'zz',
      '31337',
      '0x7A69',
      '-0x1',
      [],
      {},
      ['0x7a69'],
      { chainId: '0x7a69' },
    ].map((answer): [string, JsonRpc] => [
      `it answers ${JSON.stringify(answer)} to everything`,
      () => Promise.resolve(answer),
    ]),
  ];
  test.each(nodes)('%s', async (_, rpc) => {
    const { bundle, policy } = makeSample();
    expect(await statuses(bundle, { ...policy, rpc })).toEqual(undecided);
  });

  test('it is of another chain', async () => {
    const { bundle, policy, chain } = makeSample();
    chain.chainId = 1;
    chain.receipts.clear(); // had it been believed, the anchor would be contradicted
    chain.keys.clear();
    expect(await statuses(bundle, policy)).toEqual(undecided);
  });

  test('it hangs', async () => {
    const { bundle, policy } = makeSample();
    const url = await nodeThat((request) => request.resume());
    expect(await statuses(bundle, { ...policy, rpc: jsonRpcOver(url, 50) })).toEqual(undecided);
  });

  test('it is no node', async () => {
    const { bundle, policy } = makeSample();
    const url = await nodeThat(saying('<html>404</html>', 404));
    expect(await statuses(bundle, { ...policy, rpc: jsonRpcOver(url) })).toEqual(undecided);
  });
});

describe('a node that talks nonsense is not believed either way:', () => {
  const nonsense = [undefined, false, 1, 'x', '0x', [], {}, [null], { status: '0x1' }, `0x${'f'.repeat(64)}`];

  test.each(['eth_getTransactionReceipt', 'eth_getBlockByNumber'])('%s', async (method) => {
    for (const answer of nonsense) {
      const { bundle, policy } = makeSample();
      const got = await statuses(
        bundle,
        nodeSaying(policy, method, () => answer),
      );
      expect(got).toMatchObject({ verdict: 'incomplete', anchor: 'not checked', finality: 'not checked' });
    }
  });

  test.each([...nonsense, null, '100000', '0xzz', -1, 1e9, ['0x7fffffff'], true].map((answer) => [answer]))(
    'a height of %j finalises nothing',
    async (answer) => {
      const { bundle, policy } = makeSample();
      const got = await statuses(
        bundle,
        nodeSaying(policy, 'eth_blockNumber', () => answer),
      );
      expect(got).toMatchObject({ verdict: 'incomplete', anchor: 'passed', finality: 'not checked' });
    },
  );

  const noWords = [
    undefined,
    null,
    false,
    1,
    '',
    '0x',
    [],
    {},
    `0x${'0'.repeat(63)}`,
    `0x${'0'.repeat(65)}`,
    `0x${'g'.repeat(64)}`,
  ];
  test.each(noWords.map((answer) => [answer]))('a registry that answers %j', async (answer) => {
    const { bundle, policy } = makeSample();
    const got = await statuses(
      bundle,
      nodeSaying(policy, 'eth_call', () => answer),
    );
    const unchecked = { 'device key': 'not checked', 'checkpoint signature': 'not checked' };
    expect(got).toMatchObject({ verdict: 'incomplete', ...unchecked });
  });

  test('an event whose data is no hex, is cut short or claims another length', async () => {
    const spoil: ((data: string) => string)[] = [
      () => '0x',
      (data) => data.slice(0, -64),
      (data) => data.replace(/^0x.{64}/, `0x${'z'.repeat(64)}`),
      (data) =>
        data.slice(0, 2 + 64 * 4) +
        quantity(2 ** 40)
          .slice(2)
          .padStart(64, '0') +
        data.slice(2 + 64 * 5),
      (data) => data.slice(0, 2 + 64 * 4) + '0'.repeat(64) + data.slice(2 + 64 * 5),
    ];
    for (const change of spoil) {
      const { bundle, policy, chain } = makeSample();
      const log = chain.receipts.values().next().value!.logs[1]!;
      log.data = change(log.data);
      expect(await statuses(bundle, policy)).toMatchObject({ verdict: 'incomplete', anchor: 'not checked' });
    }
  });
});
