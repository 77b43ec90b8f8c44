import { readFileSync } from 'node:fs';
import { type HubClient, connectHub } from '@tianyuan/chain';
import type { Database, Logger } from '@tianyuan/platform';
import type { ChainFollower } from '../anchors/follow-chain.ts';
import { type Config, ConfigError } from '../config.ts';
import { type Hub, type HubRound, openHub } from './hub.ts';

/**
 * The hub of a configuration, on the contracts that the follower follows, also where those are replaced.
 * @returns undefined where none is configured
 * @throws ConfigError where the account's key cannot be read
 */
export function startHub(
  { hubAccountKeyFile, hubIntervalMs, hubMaxLogs, hubGasPrice, chainRpcUrl: rpcUrl }: Config,
  parts: {
    database: Database;
    follower: ChainFollower | undefined;
    logger: Logger;
    onRound: (round: HubRound) => void;
  },
): (Hub & { close: () => void }) | undefined {
  if (hubAccountKeyFile === undefined || rpcUrl === undefined) return undefined;
  const privateKey = readKey(hubAccountKeyFile);
  let open: { contract: string; client: HubClient } | undefined;

  function chain(): HubClient | undefined {
    const deployment = parts.follower?.followed()?.deployment;
    if (deployment === undefined) return undefined;
    const contract = deployment.anchorLog.address;
    if (open?.contract !== contract) {
      open?.client.close();
      const price = hubGasPrice === undefined ? {} : { gasPrice: hubGasPrice };
      open = { contract, client: connectHub({ rpcUrl: rpcUrl!, deployment, privateKey, ...price }) };
    }
    return open.client;
  }

  const { database, logger, onRound } = parts;
  const policy = { intervalMs: hubIntervalMs, maxLogs: hubMaxLogs };
  return { ...openHub({ database, chain, policy, logger, onRound }), close: () => open?.client.close() };
}

function readKey(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`the hub's account key cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text;
  throw new ConfigError(`${file} does not hold an account's private key: 0x and 64 hex digits`);
}
