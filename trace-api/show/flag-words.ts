import type { Flag } from '../ingest/flag.ts';
import type { Bilingual } from '../batches/batch-view.ts';

/** What each flag means to a reader. */
const words: Record<Flag, Bilingual> = {
  MALFORMED: { zh: '格式不合规', en: 'malformed' },
  WITHHELD: {
    zh: '内容未公开，只留指纹',
    en: 'content withheld, only its fingerprint is left',
  },
  EVICTED: {
    zh: '网关存满后清除，只留指纹和清除记录',
    en: 'evicted by a gateway that was full, only its fingerprint and the record of it are left',
  },
  COMMITMENT_MISMATCH: {
    zh: '内容与日志中的指纹不符',
    en: 'content does not fit its fingerprint in the log',
  },
  UNKNOWN_DEVICE: { zh: '来自未登记的设备', en: 'from a device that is not enrolled' },
  SUSPECT: {
    zh: '存疑：密钥吊销前后送达，待登记方裁定，暂不计入',
    en: 'suspect: arrived about when its key was revoked; not counted until the registrar settles it',
  },
  ROTATED_KEY: {
    zh: '用已轮换的旧密钥签名，在旧密钥的最后一条之后',
    en: 'signed with an old key, after its last message: a newer key had taken over',
  },
  REVOKED_KEY: { zh: '用已吊销的密钥签名', en: 'signed with a revoked key' },
  BAD_SIGNATURE: { zh: '签名无效', en: 'the signature does not fit' },
  DUPLICATE: { zh: '重复上报，只计一次', en: 'sent twice, counted once' },
  ALSO_SEEN: { zh: '另一网关也收到同一条，只计一次', en: 'also received by another gateway, counted once' },
  EQUIVOCATION: { zh: '设备对同一编号有两种说法', en: 'the device told two stories under one number' },
  OUT_OF_RANGE: { zh: '数值超出物理可能', en: 'a value is physically impossible' },
  CLOCK_SKEW: { zh: '设备时钟走在了前面', en: 'the device’s clock ran ahead' },
};

/** An unknown code is shown as it is: better an odd word than a silent omission. */
export function flagWords(code: string): Bilingual {
  return words[code as Flag] ?? { zh: code, en: code };
}
