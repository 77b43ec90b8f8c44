import { type Body, type EpcisEvent, type Reading, type ThingKind, bodyOf } from '@tianyuan/protocol';
import { formatReading, quantityTitle } from '../show/format-quantity.ts';
import { formatTime, utcTime } from '../show/format-time.ts';
import type { Language, Say } from '../show/language.ts';

/** One line of what a bundle says. `isCode` for hashes, keys and names; `tooltip` is the same in another form. */
export type Claim = { term: string; text: string; isCode?: boolean; tooltip?: string };

const things = {
  batch: { zh: '批次', en: 'batch' },
  box: { zh: '箱', en: 'box' },
  device: { zh: '设备', en: 'device' },
  room: { zh: '库房', en: 'room' },
  truck: { zh: '车辆', en: 'truck' },
} as const satisfies Record<ThingKind, { zh: string; en: string }>;

const eventTypes = {
  ObjectEvent: { zh: '物品事件', en: 'object event' },
  AggregationEvent: { zh: '聚合事件', en: 'aggregation event' },
  TransactionEvent: { zh: '交易事件', en: 'transaction event' },
  TransformationEvent: { zh: '转化事件', en: 'transformation event' },
  AssociationEvent: { zh: '关联事件', en: 'association event' },
} as const satisfies Record<EpcisEvent['type'], { zh: string; en: string }>;

const reportKinds: Record<string, { zh: string; en: string }> = {
  inspection: { zh: '检验报告', en: 'inspection report' },
  'quality-model': { zh: '质量模型结论', en: 'verdict of a quality model' },
  calibration: { zh: '校准证书', en: 'calibration certificate' },
  certificate: { zh: '证书', en: 'certificate' },
  summary: { zh: '批次摘要', en: 'summary' },
};

/** What a message's body says, in human units. */
export function bodyClaims(message: Body, language: Language, say: Say): Claim[] {
  const body = bodyOf(message);
  switch (body.name) {
    case 'readings':
      return body.readings.map((reading) => ({
        term: quantityTitle(reading.type, language),
        text: formatReading(reading, language) + readingNote(reading, say),
      }));
    case 'binding': {
      const { device, from, to, until } = body.binding;
      return [
        { term: say('绑定设备', 'Binds the device'), text: device, isCode: true },
        { term: say('绑定到', 'To'), text: `${things[to.kind][language]} ${to.id}` },
        timeClaim(say('自', 'From'), from, language),
        ...(until === undefined ? [] : [timeClaim(say('至', 'Until'), until, language)]),
      ];
    }
    case 'event': {
      const { type, eventTime, eventTimeZoneOffset, bizStep } = body.event;
      return [
        { term: say('事件', 'Event'), text: eventTypes[type][language], tooltip: type },
        {
          ...timeClaim(say('事件时间', 'Time of the event'), Date.parse(eventTime), language),
          tooltip: `${eventTime} ${eventTimeZoneOffset}`,
        },
        ...(typeof bizStep === 'string'
          ? [{ term: say('业务步骤', 'Business step'), text: bizStep, isCode: true }]
          : []),
      ];
    }
    case 'report': {
      const { kind, issuer, subject, hash, score, model, version } = body.report;
      const optional = [
        { term: say('得分', 'Score'), text: score === undefined ? undefined : `${score / 1000}\u00a0%` },
        { term: say('模型', 'Model'), text: model },
        { term: say('版本', 'Version'), text: version },
      ];
      return [
        { term: say('报告', 'Report'), text: reportKinds[kind]?.[language] ?? kind },
        { term: say('出具方', 'Issued by'), text: issuer },
        { term: say('对象', 'About'), text: `${things[subject.kind][language]} ${subject.id}` },
        { term: say('文件 SHA-256', 'SHA-256 of the file'), text: hash, isCode: true },
        ...optional.flatMap(({ term, text }) => (text === undefined ? [] : [{ term, text }])),
      ];
    }
    case 'rotation': {
      const { device, key, publicKey, lastBoot, lastSeq } = body.rotation;
      return [
        {
          term: say('更换密钥', 'New key'),
          text: say(`${device} 的第 ${key} 号密钥`, `key ${key} of ${device}`),
        },
        { term: say('新公钥', 'New public key'), text: publicKey, isCode: true },
        {
          term: say('旧密钥的最后一条', "The old key's last message"),
          text: say(`第 ${lastBoot} 次启动的第 ${lastSeq} 条`, `boot ${lastBoot}, message ${lastSeq}`),
        },
      ];
    }
  }
}

export function timeClaim(term: string, time: number, language: Language): Claim {
  return { term, text: formatTime(time, language, 'second'), tooltip: utcTime(time) };
}

function readingNote({ sensor, dt }: Reading, say: Say): string {
  const seconds = dt === undefined ? undefined : Math.round(dt / 1000);
  return [
    ...(sensor === undefined ? [] : [say(`（${sensor}）`, ` (${sensor})`)]),
    ...(seconds === undefined ? [] : [say(`，早 ${seconds} 秒`, `, ${seconds} s earlier`)]),
  ].join('');
}
