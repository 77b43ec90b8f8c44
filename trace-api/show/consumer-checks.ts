import { html, raw } from 'hono/html';
import type { BatchView } from '../batches/batch-view.ts';
import { flagWords } from './flag-words.ts';
import { type Language, amount, formatCount, inLanguage, sayIn } from './language.ts';
import type { Html } from './page.ts';
import { timeTag } from './time-tag.ts';

/** How far the batch's messages got, each step in the words of somebody who has never heard of a hash. */
export function checksSection({ messages, verified, flagged, logs }: BatchView, language: Language): Html {
  const say = sayIn(language);
  const total = messages.mirrored;
  return html`<section class="card">
    <h2>${say('核对了什么', 'What was checked')}</h2>
    <ol class="steps">
      ${step(verified, total, language, {
        title: say('传感器亲自签名', 'Signed by the sensor itself'),
        meaning: say(
          '每条数据离开传感器前就签了名。事后哪怕改一个数字，签名也对不上。',
          'Each message is signed before it leaves the sensor. Change one digit later and the signature no longer fits.',
        ),
      })}
      ${step(messages.mirrored, total, language, {
        title: say('记入只能追加的日志', 'Written into a log that only grows'),
        meaning: say(
          '产地的网关把数据依次编号入册，本平台独立重算过，一条不多，一条不少。',
          'The gateway at the origin numbers each entry; this platform recomputed the whole book: none missing, none slipped in.',
        ),
      })}
      ${step(messages.anchored, total, language, {
        title: say('指纹存上区块链', 'Fingerprint on a blockchain'),
        meaning: say(
          '整本日志的指纹写进区块链上的存证合约；谁想改写过去，合约都会拒收。',
          'The log’s fingerprint is kept by a contract on a blockchain, which refuses any that would rewrite the past.',
        ),
      })}
      ${step(messages.final, total, language, {
        title: say('不可撤销', 'Beyond recall'),
        meaning: say(
          '按这条链的规则，所在区块已经落定，包括我们在内，谁也撤不回。',
          'By this chain’s rules its block has settled: nobody can take it back, us included.',
        ),
      })}
    </ol>
    ${logs.map(({ origin, continues }) => (continues === null ? '' : successionNote(origin, continues, language)))}
    ${total === 0 ? '' : flaggedNote(flagged, language)}
  </section>`;
}

function step(
  count: number,
  total: number,
  language: Language,
  { title, meaning }: { title: string; meaning: string },
): Html {
  const say = sayIn(language);
  const state = total > 0 && count === total ? 'done' : count > 0 ? 'partly' : 'waiting';
  const words = {
    done: say(`全部 ${formatCount(count)} 条`, `all ${formatCount(count)}`),
    partly: say(
      `${formatCount(count)} / ${formatCount(total)} 条`,
      `${formatCount(count)} of ${formatCount(total)}`,
    ),
    waiting: say('等待中', 'waiting'),
  }[state];
  return html`<li class="${state}">
    <h3>${title}<span class="count">${words}</span></h3>
    <p>${meaning}</p>
  </li>`;
}

/** That a gateway was replaced, and its log is carried on by another: what the chain says, too. */
function successionNote(origin: string, continues: string, language: Language): Html {
  const say = sayIn(language);
  return html`<p class="note calm">
    ${say(`网关曾更换：日志 ${origin} 接续`, `A gateway was replaced: the log ${origin} carries on for `)}<a
      href="/api/v1/logs/${continues}"
      >${say('前一网关的日志', 'that of the one before')}</a
    >${say(
      '，区块链上的记录与此一致。两本日志都已核对。',
      '; the chain says the same. Both logs were checked.',
    )}
  </p>`;
}

function flaggedNote(flagged: Record<string, number>, language: Language): Html {
  const say = sayIn(language);
  const codes = Object.entries(flagged).filter(([, count]) => count > 0);
  if (codes.length === 0) {
    return html`<p class="note good">${say('没有一条数据带异常标注。', 'Not one message was flagged.')}</p>`;
  }
  const total = codes.reduce((sum, [, count]) => sum + count, 0);
  return html`<div class="note warn">
    <p>
      <b
        >${say(`如实列出：${formatCount(total)} 条数据带有标注`, `For the record, flagged: ${amount(total, 'message')}`)}</b
      >
    </p>
    <ul>
      ${codes.map(([code, count]) => html`<li>${inLanguage(flagWords(code), language)} × ${formatCount(count)}</li>`)}
    </ul>
  </div>`;
}

/** Where on which chain anybody finds the youngest anchor. */
export function anchorSection({ anchor }: BatchView, language: Language): Html {
  const say = sayIn(language);
  if (anchor === null) {
    return html`<section class="card">
      <h2>${say('区块链凭证', 'On the chain')}</h2>
      <p class="muted">
        ${say('还没有存上区块链。网关会定时存证，请稍后再看。', 'Not on the chain yet. The gateway anchors every so often; look again later.')}
      </p>
    </section>`;
  }
  const row = (term: string, value: Html | string) =>
    html`<div>
      <dt>${term}</dt>
      <dd>${value}</dd>
    </div>`;
  const code = (text: string) => html`<code>${text}</code>`;
  return html`<section class="card">
    <h2>${say('区块链凭证', 'On the chain')}</h2>
    <dl class="chain">
      ${row(say('交易', 'Transaction'), code(anchor.transactionHash))}
      ${row(say('区块', 'Block'), html`${anchor.blockNumber}${say('，', ', ')}${timeTag(anchor.blockTime, language, 'second')}`)}
      ${row(say('合约', 'Contract'), code(anchor.contract))}
      ${row(say('链号', 'Chain id'), String(anchor.chainId))}
      ${row(say('日志', 'Log'), html`${code(anchor.logOrigin)} ${say(`前 ${formatCount(anchor.logSize)} 条`, `first ${formatCount(anchor.logSize)} entries`)}`)}
    </dl>
  </section>`;
}

/** The way to a verification that does not need us. */
export function verifySection({ sample }: BatchView, language: Language): Html {
  const say = sayIn(language);
  if (sample === null) {
    return html`<section class="card">
      <h2>${say('自己验证', 'Verify it yourself')}</h2>
      <p class="muted">
        ${say('等第一条数据存上区块链后，这里可以下载证明并自己验证。', 'Once the first message is on the chain, its proof can be downloaded and verified here.')}
      </p>
    </section>`;
  }
  const proof = `/api/v1/logs/${sample.logId}/entries/${sample.index}/proof`;
  const query = new URLSearchParams({ bundle: proof, lang: language });
  return html`<section class="card cta">
    <h2>${say('不必相信我们', 'Do not take our word for it')}</h2>
    <p>
      ${say(
        '取这批货的一条数据，在您自己的手机上逐项验证：签名、日志、区块链。',
        'Take one message of this batch and verify it on your own phone: signature, log, chain.',
      )}
    </p>
    <p>
      <a class="button" href="/verify?${query}">${raw(tick)}${say('自己验证', 'Verify it yourself')}</a>
      <a
        class="button quiet"
        href="${proof}"
        download="${sample.logId.slice(0, 8)}-${sample.index}.proof.json"
        >${say('下载证明包', 'Download the proof')}</a
      >
    </p>
  </section>`;
}

const tick =
  '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M4 10.5l4 4 8-9" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></svg>';
