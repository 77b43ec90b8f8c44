import type { Bilingual } from '../batches/batch-view.ts';

/** CBV 2.0 section 7.1: the business steps of GS1, by the bare word that EPCIS 2.0 JSON writes. */
const cbvSteps = {
  accepting: { zh: '接受', en: 'accepting' },
  arriving: { zh: '到达', en: 'arriving' },
  assembling: { zh: '组装', en: 'assembling' },
  collecting: { zh: '收集', en: 'collecting' },
  commissioning: { zh: '建批', en: 'commissioning' },
  consigning: { zh: '托运', en: 'consigning' },
  creating_class_instance: { zh: '产出批次', en: 'creating a lot' },
  cycle_counting: { zh: '循环盘点', en: 'cycle counting' },
  decommissioning: { zh: '注销', en: 'decommissioning' },
  departing: { zh: '发车', en: 'departing' },
  destroying: { zh: '销毁', en: 'destroying' },
  disassembling: { zh: '拆解', en: 'disassembling' },
  dispensing: { zh: '分发', en: 'dispensing' },
  encoding: { zh: '赋码', en: 'encoding' },
  entering_exiting: { zh: '进出', en: 'entering or exiting' },
  holding: { zh: '暂扣', en: 'holding' },
  inspecting: { zh: '检验', en: 'inspecting' },
  installing: { zh: '安装', en: 'installing' },
  killing: { zh: '标签灭活', en: 'killing a tag' },
  loading: { zh: '装车', en: 'loading' },
  other: { zh: '其他', en: 'other' },
  packing: { zh: '包装', en: 'packing' },
  picking: { zh: '拣货', en: 'picking' },
  receiving: { zh: '收货', en: 'receiving' },
  removing: { zh: '移除', en: 'removing' },
  repackaging: { zh: '重新包装', en: 'repackaging' },
  repairing: { zh: '维修', en: 'repairing' },
  replacing: { zh: '更换', en: 'replacing' },
  reserving: { zh: '预留', en: 'reserving' },
  retail_selling: { zh: '零售', en: 'retail selling' },
  sampling: { zh: '抽样', en: 'sampling' },
  sensor_reporting: { zh: '传感器上报', en: 'sensor reporting' },
  shipping: { zh: '发货', en: 'shipping' },
  staging_outbound: { zh: '待发', en: 'staging outbound' },
  stock_taking: { zh: '盘点', en: 'stock taking' },
  stocking: { zh: '上架', en: 'stocking' },
  storing: { zh: '储存', en: 'storing' },
  transporting: { zh: '运输', en: 'transporting' },
  unloading: { zh: '卸车', en: 'unloading' },
  unpacking: { zh: '拆包', en: 'unpacking' },
  void_shipping: { zh: '撤销发货', en: 'void shipping' },
} as const satisfies Record<string, Bilingual>;

/** What farms and packing houses do and CBV has no word for; EPCIS takes any URI that is not under GS1's names. */
const ownSteps = {
  harvesting: { zh: '采收', en: 'harvesting' },
  washing: { zh: '清洗', en: 'washing' },
  cooling: { zh: '预冷', en: 'pre-cooling' },
  grading: { zh: '分级', en: 'grading' },
  mixing: { zh: '混批', en: 'mixing' },
  splitting: { zh: '拆批', en: 'splitting' },
} as const satisfies Record<string, Bilingual>;

const ownPrefix = 'urn:tianyuan:bizstep:';

const words = new Map<string, Bilingual>([
  ...Object.entries(cbvSteps),
  ...Object.entries(ownSteps).map(([name, word]): [string, Bilingual] => [ownPrefix + name, word]),
]);

/** `shipping`, or `urn:tianyuan:bizstep:washing`. */
export const isBizStep = (text: string): boolean => words.has(text);

/** The step in both languages. */
export function stepWords(step: string): Bilingual {
  return words.get(step) ?? { zh: step, en: step };
}
