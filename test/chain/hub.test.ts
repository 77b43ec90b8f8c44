import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HubClient, type SentBatch, connectHub, deployContracts, deriveAccounts } from '@tianyuan/chain';
import { AnchorLog } from '@tianyuan/contracts';
import { syntheticGrowth } from '@tianyuan/contracts/vectors/synthetic-growth.ts';
import {
  Contract,
  type ContractTransactionResponse,
  JsonRpcProvider,
  NonceManager,
  Wallet,
  hexlify,
  id,
} from 'ethers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasGeth, startTestNetwork } from './geth.ts';

const organisation = 'farms of a valley';
/** Each grows with a proof of 21 hashes: together some 143,000 bytes, more than the 128 KiB that geth takes. */
const logCount = 140;

describe.skipIf(!(await hasGeth()))('a hub on geth', () => {
  test('sends of more logs than a transaction takes as many as geth accepts, and then the rest', async () => {
    const { rpcUrl, hub, openLogs } = await openHub();
    const growths = Array.from({ length: logCount }, () => ({
      logId: randomBytes(32),
      ...syntheticGrowth(2 ** 20 - 1, 2 ** 20 + 59, () => randomBytes(32)),
    }));
    await openLogs(growths.map(({ logId }) => hexlify(logId)));

    const anchorAll = async (requests: Parameters<HubClient['appendMany']>[0]): Promise<SentBatch[]> => {
      const batches: SentBatch[] = [];
      for (let left = requests; left.length > 0; left = batches.at(-1)!.postponed) {
        const batch = await hub.appendMany(left);
        await hub.confirm(batch.transactionHash!);
        batches.push(batch);
      }
      return batches;
    };
    const signature = randomBytes(64);
    const first = await anchorAll(
      growths.map(({ logId, size1, root1 }) => ({ logId, size: size1, root: root1, proof: [], signature })),
    );
    expect(first.map(({ sent }) => sent.length)).toEqual([logCount]);

    const grown = await anchorAll(
      growths.map(({ logId, size2, root2, proof }) => ({
        logId,
        size: size2,
        root: root2,
        proof,
        signature,
      })),
    );
    expect(grown.length, `on ${rpcUrl}`).toBe(2);
    expect(grown.flatMap(({ leftOut }) => leftOut)).toEqual([]);
    expect(grown[0]!.sent.length).toBeGreaterThan(120);
    for (const { logId, size2, root2 } of growths) {
      const head = await hub.readLog(logId);
      expect([head.size, hexlify(head.root)]).toEqual([size2, hexlify(root2)]);
    }
  });
});

async function openHub(): Promise<{
  rpcUrl: string;
  hub: HubClient;
  openLogs: (logIds: string[]) => Promise<void>;
}> {
  const home = await mkdtemp(join(tmpdir(), 'tianyuan-hub-'));
  const network = await startTestNetwork({ signers: 1 });
  const { chainId } = network;
  const { rpcUrl } = network.nodes[0]!;
  const { admin } = deriveAccounts(network.mnemonic);
  const { privateKey } = admin;
  const { deployment } = await deployContracts({
    rpcUrl,
    chainId,
    file: join(home, 'deployment.json'),
    privateKey,
    roles: { organisations: [{ name: organisation, admin: admin.address }] },
  });
  const hub = connectHub({ rpcUrl, deployment, privateKey, pollMs: 100 });
  const provider = new JsonRpcProvider(rpcUrl, chainId, { staticNetwork: true, pollingInterval: 100 });
  onTestFinished(async () => {
    hub.close();
    provider.destroy();
    await network.remove();
    await rm(home, { recursive: true });
  });
  const anchorLog = new Contract(
    deployment.anchorLog.address,
    AnchorLog.abi,
    new NonceManager(new Wallet(privateKey, provider)),
  );
  return {
    rpcUrl,
    hub,
    async openLogs(logIds) {
      const sent: ContractTransactionResponse[] = [];
      for (const logId of logIds) {
        sent.push(
          (await anchorLog['openLog']!(
            logId,
            id(organisation),
            admin.address,
          )) as ContractTransactionResponse,
        );
      }
      await Promise.all(sent.map((one) => one.wait()));
    },
  };
}
