import type { Queries } from '@tianyuan/platform';
import { belongings, organisations, people, roleEnds, roleGrants } from '../database/schema.ts';
import type { Projection } from '../records/projection.ts';
import type { Recorded } from '../records/recorded.ts';
import { belongingRecords, projectBelongings } from './project-belongings.ts';
import { type SayingOf, refusePeopleRecord } from './refuse-people-record.ts';
import { peopleStatements } from './statements.ts';

/** Organisations, people, their roles, and what belongs to whom. */
export const peopleProjection: Projection = {
  name: 'people',
  statements: peopleStatements,
  takes: [...Object.keys(peopleStatements), ...belongingRecords],
  tables: [organisations, people, roleGrants, roleEnds, belongings],
  refuse: (tx, record) => (isOurs(record) ? refusePeopleRecord(tx, record) : Promise.resolve(undefined)),
  apply: (tx, record) => (isOurs(record) ? apply(tx, record) : projectBelongings(tx, record)),
};

const isOurs = ({ name }: Recorded): boolean => Object.hasOwn(peopleStatements, name);

async function apply(tx: Queries, record: Recorded): Promise<void> {
  const fact = { atIndex: record.index, at: record.at };
  const said = record as Recorded & SayingOf;
  switch (said.name) {
    case 'organisation':
      await tx.insert(organisations).values({ ...fact, ...said.body });
      return;
    case 'person':
      await tx.insert(people).values({ ...fact, ...said.body });
      return;
    case 'role': {
      const { scope, ...rest } = said.body;
      await tx
        .insert(roleGrants)
        .values({ ...fact, ...rest, scopeKind: scope.kind, scopeId: scope.id, by: record.by });
      return;
    }
    case 'role-end':
      await tx.insert(roleEnds).values({ ...fact, ...said.body, by: record.by });
      return;
    case 'belonging': {
      const { thing, to, ...rest } = said.body;
      await tx.insert(belongings).values({
        ...fact,
        ...rest,
        thingKind: thing.kind,
        thingId: thing.id,
        toKind: to.kind,
        toId: to.id,
      });
      return;
    }
    default:
      said satisfies never;
  }
}
