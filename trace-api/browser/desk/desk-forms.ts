import { type Binding, type Body, isUscc, parseGtin } from '@tianyuan/protocol';
import { gramsOf, handOverEvent, harvestEvent } from '../../desk/desk-events.ts';
import { say } from '../language.ts';

/** What a form asks for: a body to sign, or a call for which the session answers. */
export type Work =
  { kind: 'sign'; body: Body; batch: string | undefined } | { kind: 'call'; path: string; body: object };

/** What is wrong with which field. */
export class FieldProblem extends Error {
  override readonly name = 'FieldProblem';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

type Fields = (name: string) => string;

/** By the form's name in the page. */
export const workOf: Record<string, (field: Fields, now: number) => Work> = {
  harvest: (field, now) => ({
    kind: 'sign',
    body: { event: harvestEvent(amountOf(field), wanted(field, 'plot'), now) },
    batch: optional(field('batch')),
  }),
  'hand-over': (field, now) => ({
    kind: 'sign',
    body: {
      event: handOverEvent(amountOf(field), { from: uscc(field, 'from'), to: uscc(field, 'to') }, now),
    },
    batch: optional(field('batch')),
  }),
  binding: (field, now) => ({
    kind: 'sign',
    body: {
      binding: {
        device: wanted(field, 'device'),
        from: now,
        to: { kind: field('kind') as Binding['to']['kind'], id: wanted(field, 'id') },
      },
    },
    batch: undefined,
  }),
  hold: (field) => ({
    kind: 'call',
    path: `/api/v1/batches/${encodeURIComponent(wanted(field, 'batch'))}/holds`,
    body: { reason: reasonOf(field) },
  }),
  recall: (field) => ({
    kind: 'call',
    path: `/api/v1/batches/${encodeURIComponent(wanted(field, 'batch'))}/recall`,
    body: { reason: reasonOf(field), class: Number(field('class')) },
  }),
};

function amountOf(field: Fields) {
  const grams = gramsOf(field('kilograms'));
  if (grams === undefined) {
    throw new FieldProblem('kilograms', say('公斤数，最多三位小数', 'Kilograms, to three decimals'));
  }
  let gtin: string;
  try {
    gtin = parseGtin(field('gtin').trim());
  } catch (error) {
    throw new FieldProblem('gtin', (error as Error).message);
  }
  return { gtin, lot: wanted(field, 'lot'), grams };
}

function reasonOf(field: Fields) {
  const zh = wanted(field, 'reason');
  return { zh, en: optional(field('reason-en')) ?? zh };
}

function uscc(field: Fields, name: string): string {
  const code = field(name).trim().toUpperCase();
  if (isUscc(code)) return code;
  throw new FieldProblem(name, say('不是统一社会信用代码', 'Not a unified social credit code'));
}

function wanted(field: Fields, name: string): string {
  const text = field(name).trim();
  if (text !== '') return text;
  throw new FieldProblem(name, say('请填写', 'Needed'));
}

function optional(text: string): string | undefined {
  return text.trim() === '' ? undefined : text.trim();
}
