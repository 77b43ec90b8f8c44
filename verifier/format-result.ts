import { styleText } from 'node:util';
import type { Check, CheckStatus, Verdict } from '@tianyuan/protocol';

const marks = {
  passed: ['green', '✓'],
  failed: ['red', '✗'],
  'not checked': ['yellow', '–'],
} as const satisfies Record<CheckStatus, unknown>;

const nameWidth = 'checkpoint signature'.length;

/** One line a check: mark, name, reason in Chinese and in English. Colours only where `stream` is a terminal. */
export function formatCheck({ name, status, reason }: Check, stream: NodeJS.WriteStream): string {
  const [colour, mark] = marks[status];
  return `${styleText(colour, mark, { stream })} ${name.padEnd(nameWidth)}  ${reason.zh} · ${reason.en}`;
}

export function formatVerdict(verdict: Verdict, checks: readonly Check[]): string {
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length;
  switch (verdict) {
    case 'valid':
      return '结论：有效，每一项都已核实。\nVerdict: valid, every check passed.';
    case 'invalid':
      return `结论：无效，有 ${count('failed')} 项与证据矛盾，请勿采信。\nVerdict: invalid, ${count('failed')} contradicted; do not rely on it.`;
    case 'incomplete':
      return `结论：不完整，没有发现矛盾，但有 ${count('not checked')} 项未能核验。\nVerdict: incomplete, nothing contradicted but ${count('not checked')} not checked (see --rpc and --policy).`;
  }
}

/** @param reason why the readings do not give the excursion, null where they do */
export function formatExcursionVerdict(verdict: Verdict, reason: string | null): string {
  if (reason !== null) {
    return `结论：无效，由这些读数算不出所称的超出。\nVerdict: invalid, the readings do not give this excursion: ${reason}.`;
  }
  switch (verdict) {
    case 'valid':
      return '结论：有效，读数逐条核实，重新算出的结果一致。\nVerdict: valid, every reading is proven and gives the same excursion.';
    case 'invalid':
      return '结论：无效，有证明包与证据矛盾。\nVerdict: invalid, a bundle is contradicted.';
    case 'incomplete':
      return '结论：不完整，结果一致，但有证明包未能全部核验。\nVerdict: incomplete, the same excursion, but not every bundle could be checked.';
  }
}
