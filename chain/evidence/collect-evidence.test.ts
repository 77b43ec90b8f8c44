import {
  bytesToHex,
  decodeBase64,
  encodeBase64,
  logId,
  type ProofBundle,
  verifyBundle,
} from '@tianyuan/protocol';
import { decodeHeader, hashHeader } from '@tianyuan/protocol/evidence/block-header.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnchorRecord } from '../chain-event.ts';
import { type ChainNode, openNode } from '../node.ts';
import { type TemporaryChain, makeLog, openTemporaryChain } from '../temporary-chain.ts';
import { collectEvidence } from './collect-evidence.ts';
import { proveKey, proveRegistry } from './prove-keys.ts';

// On anvil, whose blocks carry no seals: what is shown here is that receipts and records are in the header.
// `protocol/evidence` has the seals of real networks.

let chain: TemporaryChain;
let node: ChainNode;
let origin: string;
let anchor: AnchorRecord;

beforeAll(async () => {
  chain = await openTemporaryChain();
  node = openNode({ rpcUrl: chain.local.rpcUrl, chainId: chain.local.chainId });
  const opened = await chain.openLog();
  origin = opened.origin;
  const { client } = opened;
  anchor = await client.confirm(await client.append(makeLog(origin).requestAt(0, 7)));
});
afterAll(async () => {
  node?.close();
  await chain?.remove();
});

const collect = (later = 0, at: Partial<AnchorRecord> = {}) =>
  node.ask((provider) => collectEvidence(provider, { ...anchor, ...at }, later));

test('the header is the block’s, and the receipt is in it', async () => {
  const evidence = await collect();
  const header = decodeHeader(decodeBase64(evidence!.headers[0]!));
  expect(`0x${bytesToHex(hashHeader(header))}`).toBe(anchor.blockHash);
  const { checks } = await verifyBundle(bundleWith(evidence), policy());
  expect(checks.find(({ name }) => name === 'anchor')).toMatchObject({
    status: 'failed', // the signature of this made-up log is none, and the event says so: it was found in the receipt
    reason: { en: expect.stringContaining('another') as string },
  });
});

test('there is nothing to give before enough blocks came', async () => {
  expect(await collect(1000)).toBeUndefined();
});

test('a block that the chain does not have any more is an error, and so is a transaction of another block', async () => {
  await expect(collect(0, { blockHash: `0x${'12'.repeat(32)}` })).rejects.toMatchObject({ code: 'EVIDENCE' });
  await expect(collect(0, { transactionHash: `0x${'12'.repeat(32)}` })).rejects.toMatchObject({
    code: 'EVIDENCE',
  });
});

test('a key’s record is proven against the storage root of the registry’s account', async () => {
  const publicKey = new Uint8Array(32).fill(3);
  const prove = { publicKey, logId: bytesToHex(logId(origin)) };
  const [account, record] = await node.ask((provider) =>
    Promise.all([
      proveRegistry(provider, chain.deployment, anchor.blockNumber),
      proveKey(provider, chain.deployment, anchor.blockNumber, prove),
    ]),
  );
  expect(record.storageRoot).toBe(account.storageRoot);
  expect(account.nodes.length).toBeGreaterThan(0);
});

function policy() {
  const { chainId, anchorLog, deviceRegistry } = chain.deployment;
  const finality = { kind: 'anvil', stateIntervalMs: 1000 } as const;
  return {
    chain: { chainId, anchorLog: anchorLog.address, deviceRegistry: deviceRegistry.address, finality },
  };
}

function bundleWith(evidence: unknown): ProofBundle {
  const { transactionHash, blockNumber, blockHash, blockTime, logIndex } = anchor;
  const { chainId, anchorLog } = chain.deployment;
  const contract = anchorLog.address;
  const text = `${origin}\n7\n${encodeBase64(new Uint8Array(32))}\n`;
  return {
    type: 'tianyuan/proof/v1',
    entry: '',
    tlogProof: `c2sp.org/tlog-proof@v1\nindex 0\n\n${text}\n— ${origin} ${encodeBase64(new Uint8Array(68))}\n`,
    log: { origin, key: 1, publicKey: encodeBase64(new Uint8Array(32)) },
    anchor: { chainId, contract, transactionHash, blockNumber, blockHash, blockTime, logIndex, evidence },
  };
}
