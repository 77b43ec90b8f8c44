import type { ProofBundle } from '@tianyuan/protocol';
import { type BundleParts, type Part, decodeBundle } from '@tianyuan/protocol/bundle/decode-bundle.ts';
import { type Language, type Say, sayIn } from '../show/language.ts';
import { type Claim, bodyClaims, timeClaim } from './describe-body.ts';

const entryKinds = {
  message: { zh: '设备报文', en: 'a device’s message' },
  tombstone: { zh: '清除记录', en: 'a tombstone' },
  statement: { zh: '网关声明', en: 'the gateway’s statement' },
  equivocation: { zh: '自相矛盾的证据', en: 'evidence of equivocation' },
} as const;

/** What a bundle says, in human units. None of it is verified here: what cannot be read is said to be so. */
export function describeBundle(bundle: ProofBundle, language: Language): Claim[] {
  const decoded = decodeBundle(bundle);
  const say = sayIn(language);
  return [
    ...messageClaims(decoded, language, say),
    ...entryClaims(decoded, language, say),
    ...logClaims(decoded, say),
    ...anchorClaims(decoded, language, say),
  ];
}

function messageClaims({ message, bundle }: BundleParts, language: Language, say: Say): Claim[] {
  const device = bundle.device && {
    term: say('设备', 'Device'),
    text: say(
      `${bundle.device.id}（第 ${bundle.device.key} 号密钥）`,
      `${bundle.device.id} (key ${bundle.device.key})`,
    ),
  };
  const term = say('数据', 'Data');
  if (message === undefined) return [...some(device), { term, text: say('未公开', 'withheld') }];
  if (message.broken !== undefined) return [...some(device), unreadable(term, message, say)];
  const { time, batch, boot, seq } = message.value.message;
  return [
    ...some(device),
    timeClaim(say('设备时间', 'Device time'), time, language),
    ...some(
      batch === undefined ? undefined : { term: say('批次编号', 'Batch id'), text: batch, isCode: true },
    ),
    ...bodyClaims(message.value.message, language, say),
    ...(bundle.disclosed ?? []).map(({ name, value }) => ({
      term: say(`公开字段 ${name}`, `Disclosed: ${name}`),
      text: typeof value === 'string' ? value : JSON.stringify(value),
    })),
    { term: say('报文格式', 'Written as'), text: message.value.profile.toUpperCase() },
    {
      term: say('设备计数', 'Device count'),
      text: say(`第 ${boot} 次启动的第 ${seq} 条`, `boot ${boot}, message ${seq}`),
    },
  ];
}

function entryClaims({ entry }: BundleParts, language: Language, say: Say): Claim[] {
  if (entry.broken !== undefined) return [unreadable(say('日志条目', 'Log entry'), entry, say)];
  const { kind, receivedAt } = entry.value.fields;
  return [
    { term: say('条目种类', 'Kind of entry'), text: entryKinds[kind][language] },
    timeClaim(say('网关收到', 'Received by gateway'), receivedAt, language),
  ];
}

function logClaims({ bundle, proof, checkpoint }: BundleParts, say: Say): Claim[] {
  const term = say('日志位置', 'Place in the log');
  const origin = { term: say('日志', 'Log'), text: bundle.log.origin, isCode: true };
  if (proof.broken !== undefined) return [origin, unreadable(term, proof, say)];
  if (checkpoint.broken !== undefined)
    return [origin, unreadable(say('检查点', 'Checkpoint'), checkpoint, say)];
  const { index } = proof.value;
  const { size } = checkpoint.value;
  return [
    origin,
    {
      term,
      text: say(`共 ${size} 条中的第 ${index} 条（从 0 数起）`, `entry ${index} of ${size}, counted from 0`),
    },
  ];
}

function anchorClaims({ anchor }: BundleParts, language: Language, say: Say): Claim[] {
  const term = say('上链存证', 'Anchor');
  if (anchor === undefined) return [{ term, text: say('还没有', 'none yet') }];
  if (anchor.broken !== undefined) return [unreadable(term, anchor, say)];
  const { chainId, contract, transactionHash, blockNumber, blockTime } = anchor.value;
  return [
    { term: say('链号', 'Chain id'), text: String(chainId) },
    { term: say('合约', 'Contract'), text: contract, isCode: true },
    { term: say('交易', 'Transaction'), text: transactionHash, isCode: true },
    { term: say('区块', 'Block'), text: String(blockNumber) },
    timeClaim(say('区块时间', 'Block time'), blockTime * 1000, language),
  ];
}

function unreadable(term: string, { broken }: Part<unknown>, say: Say): Claim {
  return { term, text: say(`无法解读：${broken}`, `cannot be read: ${broken}`) };
}

function some(claim: Claim | undefined): Claim[] {
  return claim === undefined ? [] : [claim];
}
