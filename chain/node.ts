import type { JsonRpcProvider } from 'ethers';
import { ChainError } from './chain-error.ts';
import { type Endpoint, type EndpointTrouble, isEndpointsOwn, openEndpoint } from './endpoint.ts';

/** Which nodes of which chain to ask. */
export type NodeAddress = {
  /** a node's URL, or several with commas between, the preferred one first: what BLOCKCHAIN_NODES holds */
  rpcUrl: string;
  chainId: number;
  /** bound of every single request, default 10 s */
  timeoutMs?: number;
};

/** One of a chain's nodes as it looks from here; `trouble` is why it is avoided. */
export type NodeHealth = {
  url: string;
  trouble: EndpointTrouble | undefined;
  newestBlock: number | undefined;
  isCurrent: boolean;
};

/** A chain through whichever of its nodes serves well. Opened without asking anything; closed by its owner. */
export type ChainNode = NodeAddress & {
  /** of the node that is asked at present */
  readonly provider: JsonRpcProvider;
  /**
   * Asks a node of the right chain, and the next one where that one does not answer: the question may be asked twice.
   * Everything that goes wrong is a ChainError.
   */
  ask: <T>(question: (provider: JsonRpcProvider) => Promise<T>) => Promise<T>;
  health: () => NodeHealth[];
  close: () => void;
};

/** How often the nodes are compared, where there are several. */
const compareEveryMs = 5_000;
/** The first question waits this long for a comparison: a node that is behind must not be the first to be believed. */
const firstComparisonMs = 2_000;
/** Blocks that a node may be behind the others: nodes of one chain differ by one or two at any moment. */
const toleratedLag = 3;

/** The URLs of a list with commas. */
export function nodeUrls(rpcUrl: string): string[] {
  return rpcUrl
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}

export function openNode(address: NodeAddress): ChainNode {
  const { rpcUrl, chainId, timeoutMs = 10_000 } = address;
  const endpoints = nodeUrls(rpcUrl).map((url) => openEndpoint(url, chainId, timeoutMs));
  if (endpoints.length === 0) {
    throw new ChainError('NODE_UNREACHABLE', 'no node of the chain is named: give the URL of one');
  }
  let current = endpoints[0]!;
  let comparedAt = Number.NEGATIVE_INFINITY;

  async function compare(): Promise<void> {
    await Promise.all(endpoints.map((endpoint) => endpoint.lookAtHead()));
    const level = commonHead(endpoints.map((endpoint) => endpoint.newestBlock()));
    for (const endpoint of endpoints) {
      const head = endpoint.newestBlock();
      endpoint.setLagging(level !== undefined && head !== undefined && level - head > toleratedLag);
    }
  }

  async function compareWhenDue(): Promise<void> {
    if (endpoints.length === 1 || performance.now() - comparedAt < compareEveryMs) return;
    const isFirst = comparedAt === Number.NEGATIVE_INFINITY;
    comparedAt = performance.now();
    const comparison = compare();
    if (isFirst) await Promise.race([comparison, after(firstComparisonMs)]);
  }

  /** The one that is asked at present, as long as it serves; then the others; last those that are in trouble. */
  function inOrder(): Endpoint[] {
    const ranked = [current, ...endpoints.filter((endpoint) => endpoint !== current)];
    return [
      ...ranked.filter((endpoint) => endpoint.trouble() === undefined),
      ...ranked.filter((endpoint) => endpoint.trouble() === 'lagging'),
      ...ranked.filter((endpoint) => !['lagging', undefined].includes(endpoint.trouble())),
    ];
  }

  return {
    ...address,
    get provider() {
      return current.provider;
    },
    async ask(question) {
      await compareWhenDue();
      const failures: ChainError[] = [];
      for (const endpoint of inOrder()) {
        try {
          const answer = await endpoint.ask(question);
          current = endpoint;
          return answer;
        } catch (error) {
          if (!isEndpointsOwn(error)) throw error;
          failures.push(error);
        }
      }
      throw failures.length === 1 ? failures[0]! : noneServes(failures);
    },
    health: () =>
      endpoints.map((endpoint) => ({
        url: endpoint.url,
        trouble: endpoint.trouble(),
        newestBlock: endpoint.newestBlock(),
        isCurrent: endpoint === current,
      })),
    close() {
      for (const endpoint of endpoints) endpoint.close();
    },
  };
}

/**
 * The block that at least half of the nodes have: one node that claims to be far ahead of all others does not make these
 * look as if they were behind. Of two, it is the higher one.
 */
export function commonHead(heads: readonly (number | undefined)[]): number | undefined {
  const known = heads.filter((head) => head !== undefined).toSorted((a, b) => b - a);
  return known[Math.ceil(known.length / 2) - 1];
}

/** What all of them have; else passing, since at least one of them may come back by itself. */
function noneServes(failures: readonly ChainError[]): ChainError {
  const [first] = failures;
  const code = failures.every((one) => one.code === first?.code) ? first!.code : 'NODE_UNREACHABLE';
  const reasons = failures.map(({ message }) => message).join('; ');
  return new ChainError(code, `none of ${failures.length} nodes serves: ${reasons}`, { cause: failures[0] });
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
