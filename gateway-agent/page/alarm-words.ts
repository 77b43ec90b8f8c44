import type { BoardAlarm } from '../alarms/alarm-board.ts';
import type { AlarmDetail } from '../alarms/alarm-kinds.ts';
import { type Say, formatCount, formatDuration } from './language.ts';

const degrees = (milliC: number | string | undefined): string =>
  `${(Number(milliC ?? 0) / 1000).toFixed(1)} °C`;
const text = (value: number | string | undefined): string => String(value ?? '');

/** What was measured, in a sentence that says what is wrong with which thing. */
export function alarmSentence(
  { kind, subject, detail }: Pick<BoardAlarm, 'kind' | 'subject' | 'detail'>,
  say: Say,
): string {
  const lasting = (name: string): string => formatDuration(Number(detail[name] ?? 0), say);
  switch (kind) {
    case 'cold-chain':
      return say(
        `${subject}：测得 ${degrees(detail['milliC'])}，约定${limits(detail, say)}，超出已达 ${lasting('forMs')}。`,
        `${subject}: ${degrees(detail['milliC'])} measured, ${limits(detail, say)} agreed, outside for ${lasting('forMs')} or more.`,
      );
    case 'mean-kinetic-temperature':
      return say(
        `${subject}：${lasting('windowMs')}内平均动力学温度 ${degrees(detail['mktMilliC'])}，上限 ${degrees(detail['mktMaxMilliC'])}。`,
        `${subject}: mean kinetic temperature ${degrees(detail['mktMilliC'])} over ${lasting('windowMs')}, at most ${degrees(detail['mktMaxMilliC'])} agreed.`,
      );
    case 'equivocation':
      return say(
        `${subject} 用同一编号签了两条不同的消息。两条都已存证；请查看设备是否被复制。`,
        `${subject} signed two different messages under one number. Both are kept; see whether the device was copied.`,
      );
    case 'device-silent':
      return say(
        `${subject} 已 ${lasting('silentForMs')}没有消息。`,
        `${subject} has said nothing for ${lasting('silentForMs')}.`,
      );
    case 'disk':
      return say(
        `磁盘已用 ${Number(detail['usedPermille'] ?? 0) / 10}%。`,
        `The disk is ${Number(detail['usedPermille'] ?? 0) / 10}% full.`,
      );
    case 'clock-jumped':
      return say(
        `时钟跳了 ${Number(detail['jumpMs'] ?? 0) / 1000} 秒。`,
        `The clock jumped by ${Number(detail['jumpMs'] ?? 0) / 1000} s.`,
      );
    case 'clock-unsynchronised':
      return say('时钟没有从网络校准。', 'The clock is not being set from the network.');
    case 'link-down':
      return say(
        `到 ${subject} 的链路已断 ${lasting('downForMs')}：${text(detail['reason'])}`,
        `The link to ${subject} is down for ${lasting('downForMs')}: ${text(detail['reason'])}`,
      );
    case 'quarantine-growing':
      return say(
        `一小时内拒收 ${formatCount(Number(detail['refusedLastHour'] ?? 0))} 条消息，原因见下方。`,
        `${formatCount(Number(detail['refusedLastHour'] ?? 0))} messages refused within an hour; the causes are below.`,
      );
    case 'account-underfunded':
      return say(
        `存证账户余额 ${text(detail['wei'])} wei，至少应有 ${text(detail['leastWei'])} wei。`,
        `The anchoring account has ${text(detail['wei'])} wei and should have ${text(detail['leastWei'])} wei.`,
      );
    case 'calibration-expired':
      return say(
        `${subject} 的校准证书已过期 ${lasting('expiredForMs')}。`,
        `The calibration certificate of ${subject} ran out ${lasting('expiredForMs')} ago.`,
      );
  }
}

function limits({ minMilliC, maxMilliC }: AlarmDetail, say: Say): string {
  if (minMilliC === undefined) return say(`不高于 ${degrees(maxMilliC)}`, `at most ${degrees(maxMilliC)}`);
  if (maxMilliC === undefined) return say(`不低于 ${degrees(minMilliC)}`, `at least ${degrees(minMilliC)}`);
  return say(
    `${degrees(minMilliC)} 至 ${degrees(maxMilliC)}`,
    `${degrees(minMilliC)} to ${degrees(maxMilliC)}`,
  );
}
