import type { z } from 'zod';
import { auditProjection } from '../audit/audit-projection.ts';
import { bindingProjection } from '../carriage/project-bindings.ts';
import { coldChainProjection } from '../cold-chain/project-cold-chain.ts';
import { catalogueProjection } from '../catalogue/catalogue-projection.ts';
import { genealogyProjection } from '../genealogy/genealogy-projection.ts';
import { summaryProjection } from '../closing/summary-projection.ts';
import { nationalProjection } from '../national/national-projection.ts';
import { peopleProjection } from '../people/people-projection.ts';
import { qualityProjection } from '../quality/quality-projection.ts';
import { reportsProjection } from '../reports/reports-projection.ts';
import { statusProjection } from '../status/status-projection.ts';
import type { Projection } from './projection.ts';

/** All of them, in the order in which they refuse and apply. */
export const projections: readonly Projection[] = [
  peopleProjection,
  catalogueProjection,
  bindingProjection,
  genealogyProjection,
  summaryProjection,
  coldChainProjection,
  reportsProjection,
  qualityProjection,
  statusProjection,
  auditProjection,
  nationalProjection,
];

/** The schema of a statement's body. */
export function statementSchema(name: string): z.ZodType | undefined {
  for (const { statements = {} } of projections) {
    if (Object.hasOwn(statements, name)) return statements[name];
  }
  return undefined;
}

export function projectionsOf(name: string): Projection[] {
  return projections.filter(({ takes }) => takes.includes(name));
}

/** Whether anybody may see a record of this name that concerns a published batch. */
export function isOpen(name: string): boolean {
  return projections.some(({ open = [] }) => open.includes(name));
}
