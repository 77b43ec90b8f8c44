import { FetchRequest, JsonRpcProvider, Network } from 'ethers';
import { ChainError, type ChainErrorCode } from './chain-error.ts';
import { explain } from './explain.ts';

/** One address of one node of the chain, and how it has behaved. Times are monotonic ms. */
export type Endpoint = {
  url: string;
  provider: JsonRpcProvider;
  /** Asks it, checking its chain first where that is due. Everything that goes wrong is a ChainError. */
  ask: <T>(question: (provider: JsonRpcProvider) => Promise<T>) => Promise<T>;
  /** why it is avoided; undefined while it is not */
  trouble: () => EndpointTrouble | undefined;
  /** the newest block that it told of */
  newestBlock: () => number | undefined;
  /** Asks for its newest block; undefined where it does not answer. */
  lookAtHead: () => Promise<number | undefined>;
  /** whether it is behind the others, as its owner sees it */
  setLagging: (isLagging: boolean) => void;
  close: () => void;
};

export type EndpointTrouble = 'unreachable' | 'wrong chain' | 'untrusted' | 'lagging';

/** What another node may do better. Whatever a contract refuses, every honest node refuses. */
const othersMayAnswer = new Set<ChainErrorCode>(['NODE_UNREACHABLE', 'WRONG_CHAIN_ID', 'UNTRUSTED_BLOCK']);

/** How long an endpoint that failed is left alone, doubling with each failure. */
const rest = { firstMs: 2_000, longestMs: 60_000 };

function troubleOf(code: ChainErrorCode): EndpointTrouble {
  if (code === 'WRONG_CHAIN_ID') return 'wrong chain';
  return code === 'UNTRUSTED_BLOCK' ? 'untrusted' : 'unreachable';
}

export function isEndpointsOwn(error: unknown): error is ChainError {
  return error instanceof ChainError && othersMayAnswer.has(error.code);
}

export function openEndpoint(
  url: string,
  chainId: number,
  timeoutMs: number,
  nowMs: () => number = () => performance.now(),
): Endpoint {
  const request = new FetchRequest(url);
  request.timeout = timeoutMs;
  // A static network: else ethers asks an unreachable node for its chain id for ever, and says so on the console.
  const provider = new JsonRpcProvider(request, chainId, {
    staticNetwork: Network.from(chainId),
    batchMaxCount: 1,
    cacheTimeout: -1,
  });
  let verified = false;
  let failures = 0;
  let restsUntil = Number.NEGATIVE_INFINITY;
  let failedAs: EndpointTrouble = 'unreachable';
  let lagging = false;
  let newest: number | undefined;

  async function verify(): Promise<void> {
    const actual = Number(await provider.send('eth_chainId', []));
    if (actual !== chainId) {
      throw new ChainError(
        'WRONG_CHAIN_ID',
        `the node at ${url} is of chain ${actual}, not ${chainId}: correct the address of the node, or use the ` +
          'deployment record of its chain',
      );
    }
    verified = true;
  }

  function failed(error: ChainError): void {
    // Whatever answers there next may be another node.
    verified = false;
    failedAs = troubleOf(error.code);
    restsUntil = nowMs() + Math.min(rest.longestMs, rest.firstMs * 2 ** failures);
    failures += 1;
  }

  const endpoint: Endpoint = {
    url,
    provider,
    async ask(question) {
      try {
        if (!verified) await verify();
        const answer = await question(provider);
        failures = 0;
        restsUntil = Number.NEGATIVE_INFINITY;
        return answer;
      } catch (cause) {
        const error = explain(cause, { rpcUrl: url });
        if (isEndpointsOwn(error)) failed(error);
        throw error;
      }
    },
    trouble: () => (nowMs() < restsUntil ? failedAs : lagging ? 'lagging' : undefined),
    newestBlock: () => newest,
    async lookAtHead() {
      newest = await endpoint.ask((asked) => asked.getBlockNumber()).catch(() => undefined);
      return newest;
    },
    setLagging(isLagging) {
      lagging = isLagging;
    },
    close: () => provider.destroy(),
  };
  return endpoint;
}
