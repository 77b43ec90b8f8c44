import type { ProofBundle, Verdict } from '@tianyuan/protocol';
import { describeBundle } from './describe-bundle.ts';
import type { Claim } from './describe-body.ts';
import { element, textElement } from './element.ts';
import { language, say } from './language.ts';

const section = element('claims', HTMLElement);
const note = element('claims-note', HTMLParagraphElement);
const list = element('claims-list', HTMLDListElement);

const notes = {
  valid: ['note good', say('以下内容已核实。', 'What follows is verified.')],
  invalid: [
    'note bad',
    say(
      '验证未通过，以下只是证明包自己的说法，不可信。',
      'Verification failed: what follows is only what the bundle claims.',
    ),
  ],
  incomplete: [
    'note warn',
    say(
      '以下是证明包的说法，尚未全部核实。',
      'What follows is what the bundle says, not all of it verified.',
    ),
  ],
} as const satisfies Record<Verdict, unknown>;

export function showClaims(bundle: ProofBundle, verdict: Verdict): void {
  [note.className, note.textContent] = notes[verdict];
  list.replaceChildren(...describeBundle(bundle, language).map(rowOf));
  section.hidden = false;
}

export function hideClaims(): void {
  section.hidden = true;
}

function rowOf({ term, text, isCode, tooltip }: Claim): HTMLElement {
  const row = document.createElement('div');
  const value = isCode ? document.createElement('dd') : textElement('dd', text);
  if (isCode) value.append(textElement('code', text));
  if (tooltip !== undefined) value.title = tooltip;
  row.append(textElement('dt', term), value);
  return row;
}
