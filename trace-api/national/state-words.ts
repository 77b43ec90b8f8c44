import type { NationalState } from './judge-freshness.ts';

/** What people read beside the platform's record. A copy is never called anything else than 缓存数据. */
export const stateWords: Record<NationalState, { zh: string; en: string }> = {
  live: { zh: '国家平台数据', en: 'from the national platform' },
  cached: { zh: '缓存数据', en: 'cached data' },
  none: { zh: '暂无国家平台数据', en: 'nothing from the national platform yet' },
  refused: { zh: '国家平台查无此追溯码', en: 'the national platform knows no such trace code' },
};
