/** Why a lot does not pass. The list is closed: a report holds these codes, and whoever reads one may count on them. */
export const missWords = {
  UNREACHABLE: { zh: '读不到应有的内容', en: 'something that should be there cannot be read' },
  UNSETTLED: { zh: '读取期间内容一直在变', en: 'the answers changed every time while they were read' },
  PAGE_DIFFERS: { zh: '页面显示与数据不符', en: 'the page shows something else than the data' },
  LINKSET_DIFFERS: { zh: '链接集与码不符', en: 'the linkset is not of this code' },
  JSON_LD_DIFFERS: { zh: '结构化描述与数据不符', en: 'the JSON-LD says something else than the data' },
  COUNT_DIFFERS: { zh: '条数与证据不符', en: 'a count is not the one that the proofs give' },
  CURVE_DIFFERS: { zh: '曲线与签名读数不符', en: 'a curve is not that of the signed readings' },
  READING_CHANGED: {
    zh: '读数与日志条目不符',
    en: 'a reading is not the one that its log entry commits to',
  },
  BAD_SIGNATURE: { zh: '设备签名无效', en: "a device's signature does not fit" },
  NOT_OF_LOT: { zh: '读数不属于这批货', en: 'a reading is not of this lot' },
  HIDDEN_READING: { zh: '有读数被隐去', en: 'readings are missing that nothing accounts for' },
  NOT_PROVEN: { zh: '没有可核验的证明', en: 'there is nothing on the chain that proves it' },
  PROOF_INVALID: { zh: '证明无效', en: 'a proof is contradicted' },
  PROOF_INCOMPLETE: { zh: '证明不完整', en: 'a proof cannot be checked to its end' },
  LOG_FORKED: { zh: '日志出现两份历史', en: 'the log has another history than the chain' },
  CONTRADICTED: { zh: '日志签署过两份历史', en: 'the log signed two histories' },
  STEP_DIFFERS: { zh: '步骤与签名的事件不符', en: 'a step is not the event that was signed' },
  EXCURSION_DIFFERS: {
    zh: '超温时段不是由签名的读数得出的',
    en: 'an excursion is not what the signed readings give',
  },
  REPORT_DIFFERS: {
    zh: '报告或其文件与签名不符',
    en: 'a report or its file is not the one that was signed',
  },
  STATUS_HIDDEN: { zh: '能否销售没有如实显示', en: 'whether it may be sold is not shown as it is' },
  ANCHOR_DIFFERS: {
    zh: '显示的存证与链上不符',
    en: 'the anchor that is shown is not the one that proves it',
  },
} as const;

export type MissCode = keyof typeof missWords;

/** One reason why a lot does not pass; `detail` says where and what, in English. */
export type Miss = { code: MissCode; detail: string };

/** Of one kind in one lot; what is beyond is said as a number, since one cause may spoil every reading. */
const mostOfAKind = 5;

/** The misses with the many of one kind cut short. */
export function summarize(misses: readonly Miss[]): Miss[] {
  return [...Map.groupBy(misses, ({ code }) => code)].flatMap(([code, alike]) =>
    alike.length <= mostOfAKind
      ? alike
      : [
          ...alike.slice(0, mostOfAKind),
          { code, detail: `and ${alike.length - mostOfAKind} more of this kind` },
        ],
  );
}
