import { bytesToHex, equalBytes } from '../encoding/bytes.ts';
import { logSignature } from '../log/checkpoint.ts';
import { logId } from '../log/log-id.ts';
import type { AppendedEvent } from './appended-event.ts';
import { readBlock, readChainId, readHead, readReceiptLog } from './chain-evidence.ts';
import { type Finding, failed, notChecked, passed } from './check.ts';
import type { DecodedBundle } from './decode-bundle.ts';
import { type JsonRpc, describeFailure } from './json-rpc.ts';
import type { Anchor } from './proof-bundle.ts';
import type { TrustPolicy } from './trust-policy.ts';

type PinnedChain = NonNullable<TrustPolicy['chain']>;

/** The pinned contract on the pinned chain took exactly this checkpoint, in exactly this block. */
export async function checkAnchor(decoded: DecodedBundle, { chain, rpc }: TrustPolicy): Promise<Finding> {
  if (decoded.anchor === undefined) return notChecked('尚未上链', 'the checkpoint is not anchored yet');
  if (decoded.anchor.broken !== undefined) return failed('锚定记录无法解读', 'the anchor is malformed');
  const anchor = decoded.anchor.value;
  if (chain === undefined) return notChecked('您没有指定信任哪条链', 'the policy pins no chain');
  if (anchor.chainId !== chain.chainId) {
    return failed(
      `链号 ${anchor.chainId} 不是您信任的 ${chain.chainId}`,
      `chain ${anchor.chainId}, not the pinned ${chain.chainId}`,
    );
  }
  if (anchor.contract !== chain.anchorLog.toLowerCase()) {
    return failed(
      '存证合约不是您信任的那个',
      `contract ${anchor.contract}, not the pinned ${chain.anchorLog}`,
    );
  }
  const proven = judgeEvidence(decoded, anchor);
  if (proven?.status === 'failed') return proven;
  if (rpc === undefined) {
    return (
      proven ??
      notChecked('没有可询问的链节点', `no node of the chain to ask; look up ${anchor.transactionHash}`)
    );
  }
  const told = await askChain(decoded, anchor, chain, rpc).catch(noAnswer);
  return told.status === 'not checked' && proven?.status === 'passed' ? proven : told;
}

/** What the bundle's own evidence says of the anchor; undefined where there is none. */
function judgeEvidence(decoded: DecodedBundle, anchor: Anchor): Finding | undefined {
  const { evidence } = decoded;
  switch (evidence.state) {
    case 'absent':
      return undefined;
    case 'broken':
      return failed(evidence.reason.zh, evidence.reason.en);
    case 'sound': {
      const compared = compareEvent(decoded, anchor, evidence.event);
      if (compared.status !== 'passed') return compared;
      const { status, reason } = evidence.seals.authentic;
      return status === 'passed'
        ? passed(`${compared.reason.zh}；${reason.zh}`, `${compared.reason.en}; ${reason.en}`)
        : notChecked(
            `收据在所附区块头中，但${reason.zh}`,
            `the receipt is in the block whose header is here, but ${reason.en}`,
          );
    }
  }
}

/** The anchor's block cannot be undone, by the rule that the policy has for this chain. */
export async function checkFinality(
  decoded: DecodedBundle,
  policy: TrustPolicy,
  anchorFinding: Finding,
): Promise<Finding> {
  const { anchor: part, evidence } = decoded;
  const { chain, rpc } = policy;
  if (part?.broken !== undefined || chain === undefined || anchorFinding.status !== 'passed') {
    return notChecked('锚定未通过核验，谈不上最终性', 'there is no checked anchor that could be final');
  }
  const proven = evidence.state === 'sound' ? evidence.seals.final : undefined;
  if (rpc === undefined || proven?.status === 'passed') return proven!;
  return askFinality(part!.value, chain, rpc, policy.now);
}

async function askFinality(
  anchor: Anchor,
  { chainId, finality: rule }: PinnedChain,
  rpc: JsonRpc,
  now: () => number = Date.now,
): Promise<Finding> {
  switch (rule.kind) {
    case 'instant':
      return passed('该链的区块一经产生即为最终', 'blocks of this chain are final at once');
    case 'confirmations':
      return askConfirmations(anchor, chainId, rule.blocks, rpc).catch(noAnswer);
    case 'anvil': {
      // Two writes after the block: the first may have begun before it.
      const ageMs = now() - anchor.blockTime * 1000;
      return ageMs >= 2 * rule.stateIntervalMs + 1000
        ? passed('本地链已把该区块写入磁盘', 'the local chain has written this block to its disk')
        : notChecked(
            '本地链尚未把该区块写入磁盘',
            'the local chain has not yet written this block to its disk',
          );
    }
  }
}

/**
 * The node counts only what it has on top of this very block: the anchor may have passed by the bundle's evidence alone.
 */
async function askConfirmations(
  anchor: Anchor,
  chainId: number,
  wanted: number,
  rpc: JsonRpc,
): Promise<Finding> {
  const asked = await readChainId(rpc);
  if (asked !== chainId) return otherChain(asked, chainId);
  const block = await readBlock(rpc, anchor.blockNumber);
  if (block?.hash !== anchor.blockHash) {
    return notChecked(
      '所问节点没有该区块，数不出其后的区块',
      'the node that was asked does not have this block, so what comes after it there does not count',
    );
  }
  const later = (await readHead(rpc)) - anchor.blockNumber;
  const [zh, en] = [
    `其后已有 ${later} 个区块，要求 ${wanted} 个`,
    `${later} later blocks of the ${wanted} asked for`,
  ];
  return later >= wanted ? passed(zh, en) : notChecked(zh, en);
}

async function askChain(
  decoded: DecodedBundle,
  anchor: Anchor,
  chain: PinnedChain,
  rpc: JsonRpc,
): Promise<Finding> {
  const chainId = await readChainId(rpc);
  if (chainId !== chain.chainId) return otherChain(chainId, chain.chainId);
  const receipt = await readReceiptLog(rpc, anchor);
  if (receipt === 'no transaction') return failed('链上没有这笔交易', 'the chain has no such transaction');
  if (receipt === 'no event')
    return failed('这笔交易没有所称的存证事件', 'the transaction has no such Appended event');
  if (receipt.blockNumber !== anchor.blockNumber || receipt.blockHash !== anchor.blockHash) {
    return failed('交易不在所称的区块中', 'the transaction is not in the block that the bundle names');
  }
  const block = await readBlock(rpc, anchor.blockNumber);
  if (block?.hash !== anchor.blockHash)
    return failed('链上该高度是另一个区块', 'the chain has another block at this height');
  if (block.time !== anchor.blockTime) return failed('区块时间不符', 'the block has another time');
  return compareEvent(decoded, anchor, receipt.event);
}

function compareEvent(decoded: DecodedBundle, anchor: Anchor, event: AppendedEvent): Finding {
  if (decoded.checkpoint.broken !== undefined || decoded.logKey.broken !== undefined) {
    return failed('检查点无法解读', 'there is no checkpoint to compare with the chain');
  }
  const checkpoint = decoded.checkpoint.value;
  if (event.logId !== bytesToHex(logId(checkpoint.origin))) {
    return failed('链上记录的是另一个日志', 'the chain recorded another log');
  }
  if (event.newSize !== checkpoint.size || !equalBytes(event.root, checkpoint.root)) {
    return failed(
      '链上记录的日志根与检查点不一致',
      "the chain recorded another size or root than the checkpoint's",
    );
  }
  const signature = logSignature(checkpoint, decoded.logKey.value);
  if (signature === undefined || !equalBytes(event.signature, signature.bytes)) {
    return failed(
      '链上记录的签名与检查点不一致',
      "the chain recorded another signature than the checkpoint's",
    );
  }
  const time = new Date(anchor.blockTime * 1000).toISOString();
  return passed(
    `已于 ${time} 写入第 ${anchor.blockNumber} 个区块`,
    `in block ${anchor.blockNumber} at ${time}`,
  );
}

function otherChain(asked: number, wanted: number): Finding {
  return notChecked(
    `所问节点属于链 ${asked}，不是 ${wanted}`,
    `the node that was asked is of chain ${asked}, not ${wanted}`,
  );
}

function noAnswer(error: unknown): Finding {
  return notChecked('链节点没有回答', `the chain's node gives no answer: ${describeFailure(error)}`);
}
