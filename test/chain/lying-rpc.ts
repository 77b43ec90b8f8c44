import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Request = { id: number; method: string; params: unknown[] };
type Ask = (method: string, params: unknown[]) => Promise<unknown>;
/** What is said instead of the node's answer; undefined says the node's. `ask` asks the node whatever it wants. */
export type Lie = (method: string, params: unknown[], ask: Ask) => Promise<unknown> | undefined;

/** A JSON-RPC endpoint in front of a real node, which tells the truth until it is given a lie to tell. */
export type LyingRpc = {
  url: string;
  tell: (lie: Lie | undefined) => void;
  /** how often a method was asked for */
  asked: (method: string) => number;
  close: () => Promise<void>;
};

export async function startLyingRpc(nodeUrl: string): Promise<LyingRpc> {
  let lie: Lie | undefined;
  const asked = new Map<string, number>();

  async function pass(method: string, params: unknown[]): Promise<{ result?: unknown; error?: unknown }> {
    const response = await fetch(nodeUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return (await response.json()) as { result?: unknown; error?: unknown };
  }

  async function answer({ id, method, params }: Request): Promise<object> {
    asked.set(method, (asked.get(method) ?? 0) + 1);
    const said = lie?.(method, params, async (other, values) => (await pass(other, values)).result);
    if (said === undefined) return { ...(await pass(method, params)), id };
    return { jsonrpc: '2.0', id, result: (await said) ?? null };
  }

  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Request | Request[];
      void (Array.isArray(body) ? Promise.all(body.map(answer)) : answer(body)).then(
        (said) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said)),
        () => response.destroy(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tell: (next) => (lie = next),
    asked: (method) => asked.get(method) ?? 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
