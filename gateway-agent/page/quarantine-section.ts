import { html } from 'hono/html';
import { canBeReEvaluated } from '../accept/re-evaluate.ts';
import type { QuarantinedMessage } from '../keep/quarantine.ts';
import { type Say, formatBytes, formatCount, formatTime } from './language.ts';
import type { Html } from './layout.ts';
import type { PageData } from './page-data.ts';

/** What each code means to the owner, and what to do about it. */
const causes: Record<string, { zh: string; en: string }> = {
  TOO_LARGE: { zh: '太大', en: 'too large' },
  IDENTITY_MISMATCH: { zh: '冒用他人身份', en: 'in another device’s name' },
  MALFORMED: { zh: '格式不对', en: 'malformed' },
  UNKNOWN_DEVICE: { zh: '密钥未登记', en: 'key not enrolled' },
  REVOKED_KEY: { zh: '密钥已吊销', en: 'key revoked' },
  BAD_SIGNATURE: { zh: '签名不符', en: 'signature does not fit' },
};

/** Messages that were refused, with their cause, and a button for those that the register may judge otherwise now. */
export function quarantineSection(
  { count, newest }: PageData['quarantine'],
  formToken: string,
  say: Say,
): Html {
  if (count === 0) {
    return html`<section class="card">
      <h2>${say('被拒的消息', 'Refused messages')}</h2>
      <p class="muted">${say('没有。', 'None.')}</p>
    </section>`;
  }
  return html`<section class="card">
    <h2>${say(`被拒的消息 · ${formatCount(count)}`, `Refused messages · ${formatCount(count)}`)}</h2>
    <p class="muted">
      ${say(
        '重新评估会按现在的登记再查一次；查得过的进入日志，只进一次。',
        'Re-evaluate judges by the register as it is now; what verifies then goes into the log, once.',
      )}
    </p>
    <ul class="plain">
      ${newest.map((message) => quarantinedRow(message, formToken, say))}
    </ul>
    ${
      count > newest.length
        ? html`<p class="muted">
            ${say(`只显示最新 ${newest.length} 条。`, `The newest ${newest.length} are shown.`)}
          </p>`
        : ''
    }
  </section>`;
}

function quarantinedRow(
  { id, device, code, detail, receivedAt, bytes }: QuarantinedMessage,
  formToken: string,
  say: Say,
): Html {
  const cause = causes[code];
  return html`<li>
    <div class="row">
      <span
        ><b>${device}</b>
        <span class="pill warn">${cause === undefined ? code : say(cause.zh, cause.en)}</span></span
      >
      <small>${formatTime(receivedAt)} · ${formatBytes(bytes)}</small>
    </div>
    <div class="row">
      <small>${detail}</small>
      ${
        canBeReEvaluated(code)
          ? html`<form method="post" action="/quarantine/${id}/re-evaluate">
              <input type="hidden" name="token" value="${formToken}" />
              <button class="quiet">${say('重新评估', 'Re-evaluate')}</button>
            </form>`
          : ''
      }
    </div>
  </li>`;
}
