import { html } from 'hono/html';
import { checkNames } from '@tianyuan/protocol';
import { checkWords } from './check-words.ts';
import { type Language, type Say, inLanguage, sayIn } from './language.ts';
import type { Html } from './page.ts';

/** This site's read-only way to the chain, for those who have no node of their own. */
const ownRpc = '/api/v1/chain/rpc';

/**
 * The inspector's page. The server knows nothing of the bundle: reading it, verifying it and showing the result is the
 * work of browser/verify-page.ts, which finds its elements by their ids.
 */
export function verifyPage(language: Language): { title: string; description: string; body: Html } {
  const say = sayIn(language);
  return {
    title: say('验证证明包 · 田源', 'Verify a proof · Tianyuan'),
    description: say(
      '在您自己的设备上逐项验证一份溯源证明。',
      'Verify a proof of origin on your own device, check by check.',
    ),
    body: html`<main class="verify">
      <div class="hero plain">
        <h1>${say('验证证明包', 'Verify a proof')}</h1>
        <p>
          ${say(
            '验证全程在这台设备上进行，证明包不会上传。打开本页后，除询问区块链外都可以断网完成。',
            'Everything happens on this device; the bundle is not uploaded. Once this page is open, all but asking the chain works without a network.',
          )}
        </p>
      </div>
      ${withoutScript(say)} ${bundleSection(say)} ${resultSection(language)} ${claimsSection(say)}
      ${trustSection(say)}
      <footer>
        <p>
          ${say(
            '时间为北京时间（UTC+8），光标停留可见 UTC。',
            'Times are China Standard Time (UTC+8); hover for UTC.',
          )}
        </p>
        <p>
          ${say(
            '不放心本网页？用源代码里的命令行验证器核对同一文件：',
            'Do not trust this page either? Check the same file with the command-line verifier from the source:',
          )}
          <code>npm run -s verify -- FILE --rpc URL</code>
        </p>
      </footer>
    </main>`,
  };
}

function withoutScript(say: Say): Html {
  return html`<noscript>
    <section class="card note warn">
      <h2>${say('需要 JavaScript', 'JavaScript is off')}</h2>
      <p>
        ${say(
          '本页用您的浏览器做验证，所以需要 JavaScript。也可以不用浏览器：取得源代码，在其目录中运行',
          'This page verifies in your browser and so needs JavaScript. It also works without a browser: get the source and run in its folder',
        )}
      </p>
      <p><code>npm run -s verify -- FILE.proof.json --rpc URL</code></p>
      <p>
        ${say(
          '退出码 0 为有效，1 为无效，2 为不完整或文件不可用。',
          'Exit code 0 is valid, 1 invalid, 2 incomplete or no usable file.',
        )}
      </p>
    </section>
  </noscript>`;
}

function bundleSection(say: Say): Html {
  return html`<section class="card live">
    <h2>${say('证明包', 'The bundle')}</h2>
    <label class="drop" id="drop">
      <input type="file" id="file" accept=".json,application/json" />
      <b>${say('选择或拖入 .proof.json 文件', 'Choose a .proof.json file, or drop it here')}</b>
    </label>
    <details>
      <summary>${say('或者粘贴内容', 'Or paste its content')}</summary>
      <label for="paste">${say('证明包的 JSON', 'JSON of the bundle')}</label>
      <textarea id="paste" rows="5" spellcheck="false" autocapitalize="off"></textarea>
      <button type="button" id="verify-paste">${say('验证粘贴的内容', 'Verify what was pasted')}</button>
    </details>
    <p class="muted" id="source" role="status"></p>
  </section>`;
}

function resultSection(language: Language): Html {
  const say = sayIn(language);
  return html`<section class="live" aria-labelledby="result">
    <h2 class="hidden" id="result">${say('验证结果', 'Result')}</h2>
    <div class="verdict calm" id="verdict" role="status" aria-live="polite" aria-atomic="true">
      <div>
        <p class="title" id="verdict-title">${say('等待证明包', 'Waiting for a bundle')}</p>
        <p id="verdict-detail">
          ${say('下面八项会逐一核对。', 'The eight checks below will be made one by one.')}
        </p>
      </div>
    </div>
    <ol class="card checks" id="checks">
      ${checkNames.map(
        (name) =>
          html`<li data-check="${name}" data-status="waiting">
            <h3>${inLanguage(checkWords[name].title, language)}<span class="count status"></span></h3>
            <p class="reason"></p>
            <p class="muted">${inLanguage(checkWords[name].meaning, language)}</p>
          </li>`,
      )}
    </ol>
  </section>`;
}

function claimsSection(say: Say): Html {
  return html`<section class="card" id="claims" hidden>
    <h2>${say('证明包里写了什么', 'What the bundle says')}</h2>
    <p class="note" id="claims-note"></p>
    <dl class="chain" id="claims-list"></dl>
  </section>`;
}

function trustSection(say: Say): Html {
  return html`<section class="card live" id="trust">
    <h2>${say('您信任谁', 'Whom you trust')}</h2>
    <p class="note warn">
      ${say(
        '下面的策略是本网站的建议，并不中立。执法或检验时，请与主管部门公布的链号、合约地址逐字核对，不符就改成公布的值。',
        'The policy below is this site’s own suggestion and not neutral. An inspector should compare the chain and the contracts, letter by letter, with what the authority publishes, and put those in.',
      )}
    </p>
    <label for="policy">${say('信任策略（JSON）', 'Trust policy (JSON)')}</label>
    <textarea
      id="policy"
      rows="12"
      spellcheck="false"
      autocapitalize="off"
      aria-describedby="policy-problem"
    ></textarea>
    <p class="note bad" id="policy-problem" role="alert" hidden></p>
    <label for="rpc">${say('询问哪个链节点（RPC 网址）', 'Which node of the chain to ask (RPC URL)')}</label>
    <input id="rpc" type="text" inputmode="url" spellcheck="false" autocapitalize="off" value="${ownRpc}" />
    <p class="muted">
      ${say(
        `默认值 ${ownRpc} 是本网站的只读代理：它能隐瞒或谎报链上内容。有条件请填您自己或主管部门的节点（须允许跨域访问）；留空则不询问链。`,
        `The default ${ownRpc} is this site’s read-only proxy: it could hide or misreport what is on the chain. If you can, enter a node of your own or of the authority (it has to allow cross-origin calls); leave it empty to ask none.`,
      )}
    </p>
    <p>
      <button type="button" id="verify-again">${say('按此重新验证', 'Verify again with this')}</button>
      <button type="button" class="quiet" id="reset-trust">
        ${say('恢复本站建议', 'Back to this site’s suggestion')}
      </button>
    </p>
  </section>`;
}
