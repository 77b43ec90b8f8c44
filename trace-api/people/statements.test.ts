import { describe, expect, test } from 'vitest';
import { peopleStatements } from './statements.ts';

const uscc = '91110000600037341L';
const role = { person: 'li-wei', role: 'farmer', scope: { kind: 'plot', id: 'N-7' }, from: 5 };
const belonging = { thing: { kind: 'batch', id: 'b' }, to: { kind: 'plot', id: 'p' }, from: 5 };
const person = { person: 'li-wei', organisation: uscc, commitments: ['a'.repeat(64)] };
const organisation = { uscc, name: { zh: '蒲江果园', en: 'Pujiang Orchard' }, kind: 'farm' };

describe('what the log says of people is refused with the field that is wrong', () => {
  test.each<[name: keyof typeof peopleStatements, good: object, change: object, path: string, why: RegExp]>([
    ['organisation', organisation, { uscc: '91110000600037342L' }, 'uscc', /position 18/],
    ['organisation', organisation, { name: { zh: '果园' } }, 'name.en', /string/],
    ['organisation', organisation, { kind: 'palace' }, 'kind', /farm/],
    ['person', person, { person: 'Li Wei' }, 'person', /pattern/],
    ['person', person, { person: 'owner' }, 'person', /reserved/],
    ['person', person, { organisation: 'x' }, 'organisation', /has 1 characters/],
    ['person', person, { commitments: ['b'.repeat(64), 'a'.repeat(64)] }, 'commitments', /ascending/],
    ['person', person, { name: '李伟' }, '', /name/],
    ['role', role, { role: 'king' }, 'role', /farmer/],
    ['role', role, { until: 5 }, 'until', /not after/],
    ['role', role, { role: 'admin' }, 'scope.kind', /organisation/],
    ['role', role, { scope: { kind: 'organisation', id: 'N-7' } }, 'scope.id', /GB 32100/],
    ['role', role, { from: 1.5 }, 'from', /int/],
    ['role-end', { role: 3, until: 9 }, { role: -1 }, 'role', />=0/],
    ['belonging', belonging, { to: { kind: 'batch', id: 'c' } }, 'to.kind', /does not belong/],
    ['belonging', belonging, { to: { kind: 'device', id: 'c' } }, 'to.kind', /does not belong/],
    ['belonging', belonging, { until: 4 }, 'until', /not after/],
  ])('%s: %#', (name, good, change, path, why) => {
    const schema = peopleStatements[name];
    expect(schema.safeParse(good).success).toBe(true);
    const { error } = schema.safeParse({ ...good, ...change });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(error?.issues[0]?.message).toMatch(why);
  });
});
