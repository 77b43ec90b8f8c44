import { createRoute, z } from '@hono/zod-openapi';
import {
  type Deployment,
  type FinalityRule,
  nodeUrls,
  registrySlotsOf,
  stateIntervalMs,
} from '@tianyuan/chain';
import { problem } from '@tianyuan/platform';
import { type Validators, trustPolicySchema } from '@tianyuan/protocol';
import { bodyLimit } from 'hono/body-limit';
import { newApi, refusals } from './api.ts';
import { errors } from './errors.ts';
import { type Witnesses, asPolicy } from './witnesses/witnesses-file.ts';

/** The chain that this service follows. `deployment` is undefined until its record could be read. */
export type ServedChain = {
  /** one node, or several with commas between */
  rpcUrl: string;
  finality: FinalityRule;
  /** whose seals a reader may believe with no node to ask, where the operator says so */
  validators: Validators | undefined;
  /** who is asked to cosign, and how many of them a reader should want */
  witnesses: Witnesses | undefined;
  deployment: () => Deployment | undefined;
};

const maxRequestBytes = 4 * 1024;
const maxAnswerBytes = 4 * 1024 * 1024; // a receipt of an appendMany with many events is some 100 KB
const timeoutMs = 10_000;

const rpcSchema = z
  .object({
    jsonrpc: z.literal('2.0'),
    id: z.union([z.int(), z.string().max(64)]),
    method: z.enum([
      'eth_chainId',
      'eth_blockNumber',
      'eth_getBlockByNumber',
      'eth_getTransactionReceipt',
      'eth_call',
    ]),
    params: z.array(z.unknown()).max(3),
  })
  .openapi('JsonRpcRequest', { example: { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] } });

const rpcRoute = createRoute({
  method: 'post',
  path: '/api/v1/chain/rpc',
  tags: ['chain'],
  summary: 'Ask the chain',
  description:
    'Read-only JSON-RPC for pages, passed on to the node that this service follows: five methods, and calls to the ' +
    'DeviceRegistry only. Who does not trust this service asks a node of their own.',
  request: { body: { required: true, content: { 'application/json': { schema: rpcSchema } } } },
  responses: {
    200: { description: "the node's answer", content: { 'application/json': { schema: z.looseObject({}) } } },
    ...refusals(errors.malformedRequest, errors.notAllowed, errors.tooLarge, errors.unavailable),
  },
});

const policyRoute = createRoute({
  method: 'get',
  path: '/api/v1/trust-policy',
  tags: ['chain'],
  summary: 'The trust policy that this deployment suggests',
  description:
    'To be compared with what one knows from elsewhere, and then pinned: a verifier takes no policy from a bundle.',
  responses: {
    200: {
      description: 'chain, contracts and finality rule; empty where this service follows no chain',
      content: { 'application/json': { schema: trustPolicySchema } },
    },
  },
});

export function chainRoutes(chain: ServedChain | undefined) {
  const api = newApi();
  api.openapi(policyRoute, (c) => {
    const deployment = chain?.deployment();
    return c.json(
      chain === undefined || deployment === undefined ? {} : suggestPolicy(deployment, chain),
      200,
    );
  });
  api.use(
    rpcRoute.getRoutingPath(),
    bodyLimit({
      maxSize: maxRequestBytes,
      onError: (c) =>
        problem(c, errors.tooLarge, `a question to the chain has at most ${maxRequestBytes} bytes`),
    }),
  );
  api.openapi(rpcRoute, async (c) => {
    const deployment = chain?.deployment();
    if (chain === undefined || deployment === undefined) {
      return problem(c, errors.unavailable, 'this service follows no chain at present') as never;
    }
    const request = c.req.valid('json');
    if (request.method === 'eth_call' && !isRegistryCall(request.params, deployment)) {
      return problem(c, errors.notAllowed, `eth_call is passed on to the DeviceRegistry only`) as never;
    }
    try {
      const answer = await askNode(chain.rpcUrl, request);
      return c.json(answer, 200, { 'cache-control': 'no-store' });
    } catch (error) {
      return problem(
        c,
        errors.unavailable,
        `the chain's node gives no answer: ${(error as Error).message}`,
      ) as never;
    }
  });
  return api;
}

function suggestPolicy(
  deployment: Deployment,
  { finality: rule, validators, witnesses }: ServedChain,
): z.input<typeof trustPolicySchema> {
  const { chainId, anchorLog, deviceRegistry } = deployment;
  const contracts = { chainId, anchorLog: anchorLog.address, deviceRegistry: deviceRegistry.address };
  const finality =
    rule.kind === 'anvil'
      ? { kind: rule.kind, stateIntervalMs }
      : rule.kind === 'instant'
        ? { kind: rule.kind }
        : { kind: rule.kind, blocks: rule.blocks };
  return {
    chain: {
      ...contracts,
      finality,
      ...(validators && { validators, registrySlots: registrySlotsOf(deployment) }),
    },
    ...(witnesses && { witnesses: asPolicy(witnesses) }),
  };
}

function isRegistryCall([call]: unknown[], { deviceRegistry }: Deployment): boolean {
  const to = typeof call === 'object' && call !== null && 'to' in call ? call.to : undefined;
  return typeof to === 'string' && to.toLowerCase() === deviceRegistry.address;
}

/** The first of the nodes that answers: none of these questions changes anything. */
async function askNode(rpcUrl: string, request: z.infer<typeof rpcSchema>): Promise<Record<string, unknown>> {
  let failure: unknown;
  for (const url of nodeUrls(rpcUrl)) {
    try {
      return await askOne(url, request);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function askOne(url: string, request: z.infer<typeof rpcSchema>): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (text.length > maxAnswerBytes) throw new Error('the answer is too large');
  return z.looseObject({}).parse(JSON.parse(text));
}
