import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonRpcOver, verifyBundle } from '@tianyuan/protocol';
import { offlinePolicy, openAnchoringChain } from './anchored-bundle.ts';

// Records protocol/vectors/clique-evidence.json from a running geth 1.13.15 Clique network:
//   node tools/node24.mjs test/chain/record-clique.ts RPC_URL CHAIN_ID PHRASE
// PHRASE is the network's mnemonic, whose admin and registrar the genesis funds. The network must be fresh.

const laterBlocks = 4;
const [rpcUrl, chainId, mnemonic] = process.argv.slice(2);
if (rpcUrl === undefined || chainId === undefined || mnemonic === undefined) {
  throw new Error('usage: record-clique.ts RPC_URL CHAIN_ID PHRASE');
}
const directory = await mkdtemp(join(tmpdir(), 'tianyuan-record-'));
const chain = await openAnchoringChain({
  rpcUrl,
  chainId: Number(chainId),
  mnemonic,
  deploymentFile: join(directory, 'deployment.json'),
  finality: { kind: 'confirmations', blocks: laterBlocks },
});
chain.log.appendAll(Array.from({ length: 5 }, () => chain.device.sign()));
const { bundle, collect } = await chain.anchor();
let evidence = await collect(laterBlocks);
while (evidence === undefined) {
  await delay(500);
  evidence = await collect(laterBlocks);
}
const ask = jsonRpcOver(rpcUrl);
const signers = (await ask('clique_getSigners', [])) as string[];
const client = (await ask('web3_clientVersion', [])) as string;
const policy = offlinePolicy(
  chain.deployment,
  { kind: 'confirmations', blocks: laterBlocks },
  { consensus: 'clique', sets: [{ fromBlock: 0, addresses: signers }] },
);
const complete = { ...bundle, anchor: { ...bundle.anchor, evidence } };
const { verdict, checks } = await verifyBundle(complete, policy);
console.log(verdict, checks);
const file = new URL('../../protocol/vectors/clique-evidence.json', import.meta.url);
const comment = `blocks of ${client}, recorded by test/chain/record-clique.ts; nothing in it is edited`;
await writeFile(file, `${JSON.stringify({ comment, bundle: complete, policy }, null, 2)}\n`);
chain.close();
await rm(directory, { recursive: true });
