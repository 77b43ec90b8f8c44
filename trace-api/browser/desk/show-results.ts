import { element } from '../element.ts';
import { language, say } from '../language.ts';
import type { Written } from './desk-api.ts';

/** A line for a record: what it was, where it stands, and the way to its proof. Newest first. */
export function addResult(what: string, { index, proof }: Written): void {
  const item = document.createElement('li');
  item.className = 'done';
  item.dataset['index'] = String(index);
  item.append(say(`${what}：平台日志第 ${index} 条 `, `${what}: record ${index} of the platform’s log `));
  const link = document.createElement('a');
  link.href = `/verify?lang=${language}&bundle=${encodeURIComponent(proof)}`;
  link.textContent = say('证明（上链后可取）', 'Proof (once it is anchored)');
  item.append(link);
  element('results', HTMLOListElement).prepend(item);
  element('results-card', HTMLElement).hidden = false;
}

/** What went wrong, beside what was tried; undefined for nothing. Plain text, whoever wrote it. */
export function showNote(id: string, text: string | undefined): void {
  const note = element(id, HTMLParagraphElement);
  note.hidden = text === undefined;
  note.textContent = text ?? '';
}
