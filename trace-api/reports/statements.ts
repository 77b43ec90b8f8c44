import { isUscc } from '@tianyuan/protocol';
import { z } from 'zod';
import { disagreementKinds } from './disagreement.ts';

// What the platform's log says of reports beside the signed messages themselves.

const natural = z.int().min(0);
const words = z.string().trim().min(1).max(300);
const bilingual = z.strictObject({ zh: words, en: words });

/** One result of a report. `value` and `limit` are whole numbers of `unit`, such as ug/kg; above its limit it fails. */
const findingSchema = z.strictObject({
  name: bilingual,
  unit: z.string().min(1).max(16),
  value: natural,
  limit: natural.optional(),
});

const maxFindings = 500; // GB 2763 has limits for some 560 pesticides; a laboratory tests for fewer at a time

/** What report number `report` of the log says inside its file: whoever declares it answers for having read it right. */
export const findingsSchema = z.strictObject({
  report: natural,
  /** Unix ms */
  inspectedAt: natural.optional(),
  grade: z.string().trim().min(1).max(32).optional(),
  /** 统一社会信用代码 of the laboratory that the file names */
  laboratory: z.string().refine(isUscc, 'is no 统一社会信用代码, GB 32100-2015').optional(),
  findings: z.array(findingSchema).max(maxFindings),
});

const caseSchema = z.strictObject({
  batch: z.string().min(1).max(64),
  report: natural,
  disagreement: z.enum(disagreementKinds),
  detail: bilingual,
  holds: z.boolean(),
});

/** `mistake`: neither was wrong, the comparison was. */
export const caseOutcomes = ['report-stands', 'trace-stands', 'mistake'] as const;

const caseClosedSchema = z.strictObject({ case: natural, outcome: z.enum(caseOutcomes), note: bilingual });

export const reportStatements = {
  findings: findingsSchema,
  case: caseSchema,
  'case-closed': caseClosedSchema,
} as const;

type Bodies = { [Name in keyof typeof reportStatements]: z.infer<(typeof reportStatements)[Name]> };

/** A statement under its name, to switch over. */
export type ReportStatement = { [Name in keyof Bodies]: { name: Name; body: Bodies[Name] } }[keyof Bodies];

export type Finding = z.infer<typeof findingSchema>;
