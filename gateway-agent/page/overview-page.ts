import { dataDictionary } from '@tianyuan/protocol';
import { html } from 'hono/html';
import { alarmKinds } from '../alarms/alarm-kinds.ts';
import type { DayCost } from '../deliver/anchor-costs.ts';
import { claimsSection } from './claims-section.ts';
import { alarmSentence } from './alarm-words.ts';
import {
  type Language,
  type Say,
  formatBytes,
  formatCount,
  formatDuration,
  formatTime,
  sayIn,
} from './language.ts';
import type { Html } from './layout.ts';
import type { DeviceRow, PageData } from './page-data.ts';
import { quarantineSection } from './quarantine-section.ts';

/** What the owner sees: first whether all is well, then what is not, then everything else. */
export function overviewPage(data: PageData, language: Language, formToken: string, notice?: string): Html {
  const say = sayIn(language);
  return html`${notice === undefined ? '' : html`<p class="note" role="status">${notice}</p>`}
  ${hero(data, say)} ${alarmsSection(data, say)} ${claimsSection(data.waitingClaims, formToken, say)}
  ${devicesSection(data, say)} ${progressSection(data, say)} ${linksSection(data, say)}
  ${storageSection(data, say)} ${machineSection(data, say)}
  ${quarantineSection(data.quarantine, formToken, say)}`;
}

function hero({ alarms, status, devices }: PageData, say: Say): Html {
  const raised = alarms.filter(({ raisedAt }) => raisedAt !== undefined);
  const isCritical = raised.some(({ kind }) => alarmKinds[kind].severity === 'critical');
  const tone = raised.length === 0 ? '' : isCritical ? 'bad' : 'warn';
  const title =
    raised.length === 0
      ? say('一切正常', 'All is well')
      : say(`${raised.length} 个警报`, `${raised.length} alarm${raised.length === 1 ? '' : 's'}`);
  return html`<section class="card hero ${tone}">
    <h1>${title}</h1>
    <p>
      ${say('网关', 'Gateway')} <b>${status.gateway}</b> ·
      ${say(`${status.connectedDevices} 台设备在线，共登记 ${devices.length} 台`, `${status.connectedDevices} of ${devices.length} devices connected`)}
    </p>
  </section>`;
}

function alarmsSection({ alarms }: PageData, say: Say): Html | '' {
  const raised = alarms
    .filter(({ raisedAt }) => raisedAt !== undefined)
    .toSorted((a, b) => b.raisedAt! - a.raisedAt!);
  if (raised.length === 0) return '';
  return html`<section class="card">
    <h2>${say('警报', 'Alarms')}</h2>
    <ul class="plain">
      ${raised.map((alarm) => {
        const { severity, title } = alarmKinds[alarm.kind];
        return html`<li>
          <div class="row">
            <span
              ><span class="pill ${severity === 'critical' ? 'bad' : 'warn'}"
                >${say(title.zh, title.en)}</span
              ></span
            >
            <small>${timeTag(alarm.raisedAt!)}</small>
          </div>
          <p>${alarmSentence(alarm, say)}</p>
        </li>`;
      })}
    </ul>
  </section>`;
}

function devicesSection({ devices }: PageData, say: Say): Html {
  return html`<section class="card">
    <h2>${say('设备', 'Devices')}</h2>
    ${
      devices.length === 0
        ? html`<p class="muted">${say('还没有登记设备。', 'No device is enrolled yet.')}</p>`
        : html`<ul class="plain">
            ${devices.map((device) => deviceRow(device, say))}
          </ul>`
    }
  </section>`;
}

function deviceRow({ device, isRevoked, heardAgoMs, rssi, readings }: DeviceRow, say: Say): Html {
  const heard =
    heardAgoMs === undefined
      ? say('还没有消息', 'not heard yet')
      : say(`${formatDuration(heardAgoMs, say)}前`, `${formatDuration(heardAgoMs, say)} ago`);
  return html`<li>
    <div class="row">
      <b>${device}</b>
      <small
        >${isRevoked ? html`<span class="pill bad">${say('已吊销', 'revoked')}</span> ` : ''}${
          rssi === undefined ? '' : `${say('信号', 'signal')} ${rssi} dBm · `
        }${heard}</small
      >
    </div>
    <div class="readings">
      ${readings.map(
        ({ type, sensor, value, calibration }) =>
          html`<span
            >${say(dataDictionary[type].name.zh, dataDictionary[type].name.en)}${sensor === '' ? '' : ` ${sensor}`}
            <b>${formatReading(type, value)}</b>${calibrationMark(type, calibration, say)}</span
          >`,
      )}
    </div>
  </li>`;
}

function calibrationMark(
  type: keyof typeof dataDictionary,
  state: 'calibrated' | 'expired' | 'none',
  say: Say,
): Html | '' {
  // Nobody calibrates these.
  if (state === 'calibrated' || type === 'battery' || type === 'door' || type === 'gps') return '';
  return state === 'expired'
    ? html` <small>${say('校准已过期', 'calibration expired')}</small>`
    : html` <small>${say('未校准', 'uncalibrated')}</small>`;
}

function formatReading(type: keyof typeof dataDictionary, value: number): string {
  const { scale, displayUnit } = dataDictionary[type];
  const digits = Math.min(2, Math.round(Math.log10(scale)));
  return `${(value / scale).toFixed(digits)} ${displayUnit}`.trim();
}

function progressSection({ status, lastAnchor, now }: PageData, say: Say): Html {
  return html`<section class="card half">
    <h2>${say('读数走到哪里', 'How far readings got')}</h2>
    <dl>
      <dt>${say('已入日志', 'in the log')}</dt>
      <dd>${formatCount(status.logged)}</dd>
      <dt>${say('等待上传', 'waiting for upload')}</dt>
      <dd>${formatCount(Math.max(0, status.logged - status.mirrored))}</dd>
      <dt>${say('等待存证', 'waiting for the chain')}</dt>
      <dd>${formatCount(Math.max(0, status.logged - status.anchored))}</dd>
      <dt>${say('已不可撤销', 'beyond recall')}</dt>
      <dd>${formatCount(status.final)}</dd>
      <dt>${say('最近存证', 'last anchor')}</dt>
      <dd>
        ${
          lastAnchor === undefined
            ? say('还没有', 'none yet')
            : html`${say(`${formatDuration(Math.max(0, now - lastAnchor.sentAt), say)}前`, `${formatDuration(Math.max(0, now - lastAnchor.sentAt), say)} ago`)}<br /><code
                  >${lastAnchor.transactionHash.slice(0, 18)}…</code
                >`
        }
      </dd>
      ${status.anchorCost.days.slice(0, shownDays).map((day) => costOfDay(day, say))}
    </dl>
  </section>`;
}

/** Of the days on which anything was paid; `/status` has more of them. */
const shownDays = 7;

function costOfDay({ day, transactions, gas, wei }: DayCost, say: Say): Html {
  const [count, used, paid] = [formatCount(transactions), formatCount(gas), formatCount(BigInt(wei))];
  return html`<dt>${say(`${day} 存证费用`, `anchoring, ${day}`)}</dt>
    <dd>${say(`${count} 笔，${used} gas，${paid} wei`, `${count} sent, ${used} gas, ${paid} wei`)}</dd>`;
}

const linkNames: Record<string, { zh: string; en: string }> = {
  broker: { zh: 'MQTT 服务器', en: 'MQTT broker' },
  'trace-api': { zh: '溯源平台', en: 'trace API' },
  chain: { zh: '区块链', en: 'chain' },
  webhook: { zh: '警报通知', en: 'alarm webhook' },
};

function linksSection({ links, waitingNotices }: PageData, say: Say): Html {
  return html`<section class="card half">
    <h2>${say('链路', 'Links')}</h2>
    ${
      links.length === 0
        ? html`<p class="muted">
            ${say('没有配置上传或存证，数据留在本机。', 'No upload and no chain is configured; everything stays here.')}
          </p>`
        : html`<ul class="plain">
            ${links.map(({ name, state, sinceMs }) => {
              const { zh, en } = linkNames[name] ?? { zh: name, en: name };
              const lasting = formatDuration(sinceMs, say);
              const pill = {
                up: html`<span class="pill">${say(`畅通 ${lasting}`, `up for ${lasting}`)}</span>`,
                down: html`<span class="pill bad">${say(`中断 ${lasting}`, `down for ${lasting}`)}</span>`,
                unknown: html`<span class="pill calm">${say('尚未使用', 'not used yet')}</span>`,
              }[state.is];
              return html`<li>
                <div class="row"><span>${say(zh, en)}</span>${pill}</div>
                ${state.is === 'down' ? html`<small>${state.reason}</small>` : ''}
              </li>`;
            })}
          </ul>`
    }
    ${
      waitingNotices === 0
        ? ''
        : html`<p class="muted">
            ${say(`${waitingNotices} 条警报通知待发。`, `${waitingNotices} alarm notices wait to be sent.`)}
          </p>`
    }
  </section>`;
}

function storageSection({ storeBytes, usedPermille, diskAlarmPermille }: PageData, say: Say): Html {
  return html`<section class="card half">
    <h2>${say('存储', 'Storage')}</h2>
    <meter
      min="0"
      max="1000"
      low="${diskAlarmPermille - 100}"
      high="${diskAlarmPermille}"
      optimum="0"
      value="${usedPermille}"
    ></meter>
    <dl>
      <dt>${say('空间已用', 'room used')}</dt>
      <dd>${(usedPermille / 10).toFixed(1)}%</dd>
      <dt>${say('日志与数据', 'log and data')}</dt>
      <dd>${formatBytes(storeBytes)}</dd>
    </dl>
  </section>`;
}

function machineSection({ status, now, clockIsSynchronised, upMs, version }: PageData, say: Say): Html {
  return html`<section class="card half">
    <h2>${say('本机', 'This machine')}</h2>
    <dl>
      <dt>${say('时间', 'time')}</dt>
      <dd>
        ${timeTag(now)}
        ${clockIsSynchronised ? '' : html`<br /><span class="pill warn">${say('未与网络同步', 'not synchronised')}</span>`}
      </dd>
      <dt>${say('已运行', 'up for')}</dt>
      <dd>${formatDuration(upMs, say)}${say(`，第 ${status.boot} 次启动`, `, start ${status.boot}`)}</dd>
      <dt>${say('日志名', 'log')}</dt>
      <dd><code>${status.origin}</code></dd>
      <dt>${say('版本', 'version')}</dt>
      <dd>${version}</dd>
    </dl>
  </section>`;
}

function timeTag(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${formatTime(at)}</time>`;
}
