import type { ProblemKind } from '@tianyuan/platform';

/** One record of the platform's log as projections take it. */
export type Recorded = {
  /** in the platform's log: the version of everything that it changes */
  index: number;
  /** when the platform logged it, Unix ms; never less than that of the record before */
  at: number;
  /** a message's body (`event`, `binding`, `report`, `rotation`) or a statement's name */
  name: string;
  /** the person or device whose key signed a message; of a statement, who asked for it: `owner`, `platform`, a person */
  by: string;
  /** a message under the key of `by`, or a statement of the platform */
  signed: boolean;
  /** the batch that a message names */
  batch: string | undefined;
  /** hashes of salted fields, 64 hex digits each */
  commitments: readonly string[];
  /** as the schema of its name gives it */
  body: unknown;
};

/** Why something is not recorded. Nothing was logged, and nothing changed. */
export type Refusal = { kind: ProblemKind; detail: string };

/** Where something was recorded; `existed`: the same message had been before. `at` is Unix ms. */
export type Written = { index: number; at: number; existed: boolean };

/** What the rest of the platform hears of a record. Versions are those of the event schema registry. */
export type DomainEvent = { type: string; version: number; payload: Record<string, unknown> };

export function isRefusal(answer: object): answer is Refusal {
  return 'kind' in answer;
}
