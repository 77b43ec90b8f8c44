import { html } from 'hono/html';
import { type Language, sayIn } from './language.ts';
import type { Html } from './layout.ts';
import { maxPasswordLength, minPasswordLength } from './password.ts';

/** Why a form comes back. */
export type FormTrouble = 'wrong' | 'wait' | 'short' | 'different' | 'expired';

export function signInPage(language: Language, trouble: FormTrouble | undefined): Html {
  const say = sayIn(language);
  return html`<form class="card narrow" method="post" action="/sign-in">
    <h1>${say('登录', 'Sign in')}</h1>
    ${troubleNote(language, trouble)}
    <label
      >${say('密码', 'Password')}
      <input type="password" name="password" autocomplete="current-password" required autofocus
    /></label>
    <button>${say('登录', 'Sign in')}</button>
    <p class="muted">
      ${say('忘记密码？在网关上运行', 'Forgotten? On the gateway itself, run')}
      <code>gateway-agent password</code>
    </p>
  </form>`;
}

/** Before there is a password: whoever can read the gateway's log may set one. */
export function setUpPage(language: Language, trouble: FormTrouble | undefined): Html {
  const say = sayIn(language);
  return html`<form class="card narrow" method="post" action="/set-up">
    <h1>${say('设置密码', 'Set a password')}</h1>
    <p>
      ${say(
        '第一次使用。设置码在网关的日志里，每次启动换一个：',
        'This is the first visit. The setup code is in the gateway’s log, a new one at every start:',
      )}
      <code>journalctl -u gateway-agent | grep code</code>
    </p>
    ${troubleNote(language, trouble)}
    <label
      >${say('设置码', 'Setup code')}
      <input name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required
    /></label>
    ${passwordFields(language)}
    <button>${say('保存', 'Save')}</button>
  </form>`;
}

function passwordFields(language: Language): Html {
  const say = sayIn(language);
  const field = (name: string, label: string) =>
    html`<label
      >${label}
      <input
        type="password"
        name="${name}"
        autocomplete="new-password"
        minlength="${minPasswordLength}"
        maxlength="${maxPasswordLength}"
        required
    /></label>`;
  return html`${field('password', say(`新密码，至少 ${minPasswordLength} 个字符`, `New password, at least ${minPasswordLength} characters`))}
  ${field('again', say('再输入一次', 'The same again'))}`;
}

function troubleNote(language: Language, trouble: FormTrouble | undefined): Html | '' {
  if (trouble === undefined) return '';
  const say = sayIn(language);
  const words = {
    wrong: say('不对，请再试一次。', 'That is not right. Try again.'),
    wait: say('试错太多，请稍候再试。', 'Too many wrong ones. Wait a moment, then try again.'),
    short: say(
      `密码至少 ${minPasswordLength} 个字符。`,
      `A password has at least ${minPasswordLength} characters.`,
    ),
    different: say('两次输入的密码不一样。', 'The two passwords differ.'),
    expired: say('页面过期了，请再来一次。', 'The page was too old. Do it once more.'),
  }[trouble];
  return html`<p class="note bad" role="alert">${words}</p>`;
}
