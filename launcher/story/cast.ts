import { demonstration } from '../demonstration.ts';

/** Who and what the demonstration's story is about. The codes are well-formed and nobody's. */
export const organisations = {
  farm: {
    uscc: '91360726MA7TYF001K',
    kind: 'farm',
    name: { zh: '安远县向阳脐橙合作社', en: 'Xiangyang Orange Cooperative, Anyuan' },
  },
  packer: {
    uscc: '91360726MA7TYP002G',
    kind: 'processor',
    name: { zh: '安远县东江分选厂', en: 'Dongjiang Packing House, Anyuan' },
  },
  carrier: {
    uscc: '91360703MA7TYC003R',
    kind: 'carrier',
    name: { zh: '赣南冷链运输', en: 'Gannan Cold Chain' },
  },
  laboratory: {
    uscc: '12360000MB7TYL004E',
    kind: 'laboratory',
    name: { zh: '赣州农产品检测中心', en: 'Ganzhou Food Laboratory' },
  },
  shop: {
    uscc: '91310104MA7TYH005Y',
    kind: 'shop',
    name: { zh: '徐汇鲜果店', en: 'Xuhui Fruit Shop' },
  },
} as const;

export type OrganisationName = keyof typeof organisations;

/** Names are made up; they are kept apart from the log and can be erased. */
export const people = {
  'li-wei': { of: 'farm', role: 'farmer', name: '李伟' },
  'chen-jing': { of: 'packer', role: 'operator', name: '陈静' },
  'zhao-lei': { of: 'carrier', role: 'carrier', name: '赵磊' },
  'sun-yue': { of: 'laboratory', role: 'inspector', name: '孙悦' },
  'he-min': { of: 'shop', role: 'shopkeeper', name: '何敏' },
} as const satisfies Record<string, { of: OrganisationName; role: string; name: string }>;

export type PersonName = keyof typeof people;
export const personNames = Object.keys(people) as PersonName[];

export const plots = {
  'xiangyang-3': {
    name: { zh: '向阳 3 号园', en: 'Xiangyang orchard 3' },
    area: 18_000,
  },
  'xiangyang-7': {
    name: { zh: '向阳 7 号园', en: 'Xiangyang orchard 7' },
    area: 12_500,
  },
} as const;

export const room = 'dongjiang-line-1';
export const boxes = ['369012345000000111', '369012345000000289'] as const;

/** Lots by their place in the story; the last is the one whose page `npm start` shows. */
export const lots = {
  fromPlot3: { batchId: 'harvest-3-2026-11', lot: 'H3-2026-11' },
  fromPlot7: { batchId: 'harvest-7-2026-11', lot: 'H7-2026-11' },
  graded: { batchId: 'graded-2026-11', lot: 'GR-2026-11' },
  gift: { batchId: 'gift-2026-11', lot: 'GF-2026-11' },
  boxed: { batchId: demonstration.batchId, lot: demonstration.lot },
} as const;

export const traceCode = 'CN360726202611180001';
