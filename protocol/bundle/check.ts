/** The checks of a bundle, in the order in which they are told. */
export const checkNames = [
  'message signature',
  'device key',
  'payload commitment',
  'inclusion',
  'checkpoint signature',
  'cosignatures',
  'anchor',
  'finality',
] as const;

export type CheckName = (typeof checkNames)[number];
export type CheckStatus = 'passed' | 'failed' | 'not checked';
export type Verdict = 'valid' | 'invalid' | 'incomplete';

/** A sentence for people, in both languages of the product. */
export type Reason = { zh: string; en: string };

export type Check = { name: CheckName; status: CheckStatus; reason: Reason };

/** What one check found, before it is given its name. */
export type Finding = Omit<Check, 'name'>;

export const passed = (zh: string, en: string): Finding => ({ status: 'passed', reason: { zh, en } });
export const failed = (zh: string, en: string): Finding => ({ status: 'failed', reason: { zh, en } });
export const notChecked = (zh: string, en: string): Finding => ({
  status: 'not checked',
  reason: { zh, en },
});

/** Anything contradicted is invalid; anything merely unknown is incomplete. */
export function verdictOf(checks: readonly Check[]): Verdict {
  if (checks.some((check) => check.status === 'failed')) return 'invalid';
  return checks.every((check) => check.status === 'passed') ? 'valid' : 'incomplete';
}
