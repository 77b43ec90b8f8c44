import { createHash } from 'node:crypto';
import { type Document, LineCounter, isNode, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ruleFileSchema, toRuleChanges } from './rule-file-schema.ts';
import type { RuleSet } from './rule-set.ts';

/** Why a rule file cannot be used: one sentence a fault, each with its line. */
export type RuleFileRefusal = { code: 'RULES_REFUSED'; faults: { line: number; reason: string }[] };

/** More than ten thousand devices need; a larger file is a mistake. */
const maxFileBytes = 4 * 1024 * 1024;
const maxFaults = 20;

/** A rule file's text as rules. Pure. Nothing of a file with a fault is used. */
export function parseRuleFile(text: string): RuleSet | RuleFileRefusal {
  if (Buffer.byteLength(text) > maxFileBytes) return refuse([{ line: 1, reason: 'over 4 MiB' }]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number | undefined) => lines.linePos(offset ?? 0).line || 1;
  if (document.errors.length > 0) {
    return refuse(
      document.errors.map(({ pos, message }) => ({ line: lineAt(pos[0]), reason: message.split('\n')[0]! })),
    );
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that unfold without end.
    return refuse([{ line: 1, reason: (error as Error).message }]);
  }
  const parsed = ruleFileSchema.safeParse(value);
  if (!parsed.success) {
    return refuse(
      parsed.error.issues.map((issue) => ({
        line: lineAt(offsetOf(document, issue)),
        reason: `${issue.path.join('.') || 'the file'}: ${reasonOf(issue)}`,
      })),
    );
  }
  const { devices, version: _, ...general } = parsed.data;
  return {
    digest: createHash('sha256').update(text).digest('hex'),
    general: toRuleChanges(general),
    devices: new Map(
      Object.entries(devices ?? {}).map(([pattern, rules]) => [pattern, toRuleChanges(rules)]),
    ),
  };
}

export function isRefusal(result: RuleSet | RuleFileRefusal): result is RuleFileRefusal {
  return 'code' in result;
}

function refuse(faults: RuleFileRefusal['faults']): RuleFileRefusal {
  return { code: 'RULES_REFUSED', faults: faults.slice(0, maxFaults) };
}

/** What is wrong with a member's name stands one level deeper. */
function reasonOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

/** Where in the text the issue is: the unknown member itself, the value, or the nearest thing around it that is there. */
function offsetOf(document: Document, issue: z.core.$ZodIssue): number | undefined {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth) as string[], true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}
