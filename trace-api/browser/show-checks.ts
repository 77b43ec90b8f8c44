import { type Check, type CheckStatus, type Verdict, checkNames } from '@tianyuan/protocol';
import { element } from './element.ts';
import { language, say } from './language.ts';

/** What stands on the banner: a verdict, or that there is none. */
type BannerState = Verdict | 'waiting' | 'running' | 'unusable';

const banner = element('verdict', HTMLDivElement);
const title = element('verdict-title', HTMLParagraphElement);
const detail = element('verdict-detail', HTMLParagraphElement);
const list = element('checks', HTMLOListElement);

const statusWords = {
  passed: say('通过', 'passed'),
  failed: say('不通过', 'failed'),
  'not checked': say('未核验', 'not checked'),
} as const satisfies Record<CheckStatus, string>;

const tones = {
  valid: 'good',
  invalid: 'bad',
  incomplete: 'warn',
  unusable: 'warn',
  waiting: 'calm',
  running: 'calm',
} as const satisfies Record<BannerState, string>;

export function showCheck({ name, status, reason }: Check): void {
  mark(itemOf(name), status, statusWords[status], reason[language]);
}

/** All checks back to where nothing is known. */
export function resetChecks(): void {
  for (const name of checkNames) mark(itemOf(name), 'waiting', '', '');
}

export function showBanner(state: BannerState, titleText: string, detailText: string): void {
  banner.className = `verdict ${tones[state]}`;
  banner.dataset['verdict'] = state;
  title.textContent = titleText;
  detail.textContent = detailText;
}

export function showVerdict(verdict: Verdict, checks: readonly Check[], isSuggestedTrust: boolean): void {
  const basis = isSuggestedTrust
    ? say(
        '依据的是本站建议的信任策略，请在下方核对。',
        'This rests on the trust policy that this site suggests; compare it below.',
      )
    : say('依据的是您填写的信任策略。', 'This rests on the trust policy that you entered.');
  const failedCount = count(checks, 'failed');
  const openCount = count(checks, 'not checked');
  switch (verdict) {
    case 'valid':
      return showBanner(verdict, say('有效：八项全部通过', 'Valid: all eight checks passed'), basis);
    case 'invalid':
      return showBanner(
        verdict,
        say(`无效：${failedCount} 项与证据矛盾`, `Invalid: ${failedCount} contradicted by the evidence`),
        say(
          '这份数据被改动过，或来历与所称不符，请勿采信。',
          'The data was changed, or is not from where it says. Do not rely on it.',
        ),
      );
    case 'incomplete':
      return showBanner(
        verdict,
        say(`不完整：${openCount} 项未能核验`, `Incomplete: ${openCount} could not be checked`),
        `${say('没有发现矛盾，但还不能说有效。', 'Nothing contradicts it, but that is not yet valid. ')}${
          navigator.onLine
            ? basis
            : say(
                '您现在没有联网，无法询问区块链；联网后请重新验证。',
                'You are offline, so the chain cannot be asked; verify again when you are online.',
              )
        }`,
      );
  }
}

function mark(item: HTMLElement, status: CheckStatus | 'waiting', word: string, reason: string): void {
  item.dataset['status'] = status;
  item.querySelector('.status')!.textContent = word;
  item.querySelector('.reason')!.textContent = reason;
}

function itemOf(name: string): HTMLElement {
  return list.querySelector<HTMLElement>(`[data-check="${name}"]`)!;
}

function count(checks: readonly Check[], status: CheckStatus): number {
  return checks.filter((check) => check.status === status).length;
}
