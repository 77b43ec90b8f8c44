import type { CheckName } from '@tianyuan/protocol';
import type { Bilingual } from '../batches/batch-view.ts';

/** Each check of a proof bundle for somebody who has never heard of one: its name, and what it is good for. */
export const checkWords: Record<CheckName, { title: Bilingual; meaning: Bilingual }> = {
  'message signature': {
    title: { zh: '设备签名', en: 'Device signature' },
    meaning: {
      zh: '数据由设备签过名；改动任何一个数字，签名都对不上。',
      en: 'The device signed the data; change any digit and the signature no longer fits.',
    },
  },
  'device key': {
    title: { zh: '设备身份', en: 'Device identity' },
    meaning: {
      zh: '签名的密钥确属这台设备，没有被吊销。',
      en: 'The key that signed belongs to this device and is not revoked.',
    },
  },
  'payload commitment': {
    title: { zh: '数据与条目相符', en: 'Data fits the entry' },
    meaning: {
      zh: '日志条目里记的指纹，正是这份数据的指纹。',
      en: 'The fingerprint in the log’s entry is the one of this very data.',
    },
  },
  inclusion: {
    title: { zh: '收录于日志', en: 'Included in the log' },
    meaning: {
      zh: '这一条确实在网关的日志里，位置固定，事后插不进也抽不走。',
      en: 'The entry is in the gateway’s log at a fixed place; nothing can be slipped in or taken out later.',
    },
  },
  'checkpoint signature': {
    title: { zh: '日志签名', en: 'Log signature' },
    meaning: {
      zh: '网关为整本日志的指纹签了名，密钥经过登记。',
      en: 'The gateway signed the fingerprint of the whole log with an enrolled key.',
    },
  },
  cosignatures: {
    title: { zh: '见证人', en: 'Witnesses' },
    meaning: {
      zh: '您指定的独立见证人看到的是同一本日志。',
      en: 'The independent witnesses that you named saw the same log.',
    },
  },
  anchor: {
    title: { zh: '上链存证', en: 'Anchored on the chain' },
    meaning: {
      zh: '您信任的链上合约收下的正是这个指纹，时间由区块证明。',
      en: 'The contract that you trust took this very fingerprint; the block proves when.',
    },
  },
  finality: {
    title: { zh: '不可撤销', en: 'Final' },
    meaning: {
      zh: '所在区块已经落定，链上无人能撤回。',
      en: 'Its block has settled; nobody on the chain can take it back.',
    },
  },
};
