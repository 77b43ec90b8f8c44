import { html } from 'hono/html';
import { type Language, type Say, sayIn } from '../show/language.ts';
import type { Html } from '../show/page.ts';

type Field = { name: string; zh: string; en: string; hint?: string };

const lotFields: Field[] = [
  { name: 'gtin', zh: '商品条码 GTIN', en: 'GTIN', hint: '06901234567892' },
  { name: 'lot', zh: '批号', en: 'Lot' },
  { name: 'kilograms', zh: '重量（公斤）', en: 'Weight (kg)', hint: '12.5' },
];

const batchField: Field = { name: 'batch', zh: '批次编号', en: 'Batch id' };

/**
 * The desk of people who say what happens to a batch. The server sends the same page to everybody; keys, signatures and
 * sessions are the work of browser/desk/desk-page.ts, which finds its elements by their ids.
 */
export function deskPage(language: Language): { title: string; description: string; body: Html } {
  const say = sayIn(language);
  return {
    title: say('工作台 · 田源', 'Desk · Tianyuan'),
    description: say(
      '用自己的密钥签名并登记采收、交接、设备绑定、暂停与召回。',
      'Sign and record harvests, hand-overs, bindings, holds and recalls with your own key.',
    ),
    body: html`<main class="desk">
      <div class="hero plain">
        <h1>${say('工作台', 'Desk')}</h1>
        <p>
          ${say(
            '您说的话用您自己的密钥签名，写入公开可核验的日志。密钥只在这个浏览器里，谁也拿不走。',
            'What you say is signed with your own key and goes into a log that anybody can check. The key stays in this browser.',
          )}
        </p>
      </div>
      <noscript>
        <section class="card note warn">
          <h2>${say('需要 JavaScript', 'JavaScript is off')}</h2>
          <p>
            ${say('也可以用命令行：', 'The command line does the same: ')}<code
              >npm run person -- --help</code
            >
          </p>
        </section>
      </noscript>
      ${loginSection(say)}
      <div id="work" class="live" hidden>
        <p><button type="button" class="quiet" id="resend" hidden></button></p>
        <p class="note bad" id="work-note" role="alert" hidden></p>
        <section class="card" id="results-card" hidden>
          <h2>${say('刚刚登记', 'Recorded just now')}</h2>
          <ol class="steps" id="results" aria-live="polite"></ol>
        </section>
        ${workForms(say)}
      </div>
      <footer>
        <p>
          ${say(
            '手机丢了？马上告诉您单位的管理员吊销密钥，见文档 docs/people.md。',
            'Lost your phone? Have your organisation’s admin revoke its key at once; see docs/people.md.',
          )}
        </p>
      </footer>
    </main>`,
  };
}

function loginSection(say: Say): Html {
  return html`<section class="card live" id="login">
    <h2>${say('登录', 'Log in')}</h2>
    ${input(say, { name: 'person', zh: '人员编号', en: 'Person id', hint: 'li-wei' })}
    <div id="number-line" hidden>
      <label for="key-number">${say('第几号密钥', 'Number of the key')}</label>
      <input id="key-number" type="number" min="1" value="1" inputmode="numeric" />
    </div>
    <div id="enrol" hidden>
      <p class="muted">
        ${say(
          '第一次使用：请管理员登记下面的公钥，再登录。',
          'First time: have the admin enrol this public key, then log in.',
        )}
      </p>
      <p><code id="public-key"></code></p>
      <p class="muted">${say('管理员运行的命令', 'The command that the admin runs')}</p>
      <p><code id="enrol-command"></code></p>
    </div>
    <p class="note bad" id="login-note" role="alert" hidden></p>
    <p>
      <button type="button" id="make-key">${say('在此浏览器生成密钥', 'Make a key in this browser')}</button>
      <button type="button" id="log-in" hidden>${say('登录', 'Log in')}</button>
      <button type="button" class="quiet" id="log-out" hidden>${say('退出', 'Log out')}</button>
    </p>
  </section>`;
}

function workForms(say: Say): Html {
  const [harvest, handOver, binding, hold, recall] = [
    say('采收', 'Harvest'),
    say('交接', 'Hand-over'),
    say('绑定设备', 'Bind a device'),
    say('暂停销售', 'Hold a batch'),
    say('召回', 'Recall a batch'),
  ];
  const reasons = [
    { name: 'reason', zh: '原因（中文）', en: 'Reason (Chinese)' },
    { name: 'reason-en', zh: '原因（英文，可不填）', en: 'Reason (English, optional)' },
  ].map((field) => input(say, field));
  return html`
    ${form(say, 'harvest', harvest, [
      input(say, { name: 'plot', zh: '地块编号', en: 'Plot' }),
      ...lotFields.map((field) => input(say, field)),
      input(say, batchField),
    ])}
    ${form(say, 'hand-over', handOver, [
      ...lotFields.map((field) => input(say, field)),
      input(say, {
        name: 'from',
        zh: '交出方统一社会信用代码',
        en: 'From: unified social credit code',
      }),
      input(say, { name: 'to', zh: '接收方统一社会信用代码', en: 'To: unified social credit code' }),
      input(say, batchField),
    ])}
    ${form(say, 'binding', binding, [
      input(say, { name: 'device', zh: '设备编号', en: 'Device' }),
      select(say('绑定到', 'To a'), 'binding-kind', 'kind', [
        ['batch', say('批次', 'batch')],
        ['box', say('箱', 'box')],
        ['truck', say('车辆', 'truck')],
        ['room', say('库房', 'room')],
      ]),
      input(say, { name: 'id', zh: '编号', en: 'Its id' }),
    ])}
    ${form(say, 'hold', hold, [input(say, batchField), ...reasons])}
    ${form(say, 'recall', recall, [
      input(say, batchField),
      select(say('召回级别', 'Class'), 'recall-class', 'class', [
        ['1', say('一级：严重危害', '1: grave harm')],
        ['2', say('二级：一般危害', '2: harm')],
        ['3', say('三级：标签等问题', '3: labels and the like')],
      ]),
      ...reasons,
    ])}
  `;
}

function form(say: Say, name: string, title: string, fields: Html[]): Html {
  return html`<details class="card">
    <summary>${title}</summary>
    <form data-form="${name}" data-title="${title}">
      ${fields}
      <p><button>${say('签名并登记', 'Sign and record')}</button></p>
    </form>
  </details>`;
}

/** Fields stand inside their labels: one page has several of a name. */
function input(say: Say, { name, zh, en, hint }: Field): Html {
  const isPerson = name === 'person';
  return html`<label>
    ${say(zh, en)}
    <input
      name="${name}"
      ${isPerson ? html`id="person"` : ''}
      placeholder="${hint ?? ''}"
      maxlength="128"
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
    />
  </label>`;
}

function select(title: string, id: string, name: string, options: [value: string, text: string][]): Html {
  return html`<label for="${id}">${title}</label>
    <select id="${id}" name="${name}">
      ${options.map(([value, text]) => html`<option value="${value}">${text}</option>`)}
    </select>`;
}
