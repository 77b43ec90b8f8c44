import type { Database } from '@tianyuan/platform';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { belongings, roleEnds, roleGrants } from '@tianyuan/trace-api/database/people-schema.ts';
import { type Action, type Role, actions, mayWith, roles } from '@tianyuan/trace-api/people/action.ts';
import { authorize, hasRole, principalOf, rolesWithin } from '@tianyuan/trace-api/people/authorize.ts';
import type { Scope } from '@tianyuan/trace-api/people/scope.ts';

const farm: Scope = { kind: 'organisation', id: '91110000600037341L' };
const shop: Scope = { kind: 'organisation', id: '91110108551385082Q' };
const plot: Scope = { kind: 'plot', id: 'N-7' };
const batch: Scope = { kind: 'batch', id: 'orange-1' };
const truck: Scope = { kind: 'truck', id: '川A12345' };
const device: Scope = { kind: 'device', id: 'th-1' };

describe('which role may do what', () => {
  // Read by a person and not by the program: the same table, written the other way round.
  const table: Record<Role, Action[]> = {
    farmer: ['capture-event', 'bind-device', 'declare-batch', 'register-thing'],
    operator: [
      'capture-event',
      'bind-device',
      'report',
      'declare-batch',
      'hold',
      'handle-case',
      'register-thing',
    ],
    inspector: ['report', 'hold', 'release', 'recall', 'handle-case', 'see-personal-data'],
    carrier: ['capture-event', 'bind-device'],
    shopkeeper: ['capture-event', 'sell', 'hold'],
    admin: actions,
  };
  test.each(roles)('a %s', (role) => {
    expect(actions.filter((action) => mayWith(role, action)).toSorted()).toEqual(table[role].toSorted());
  });
});

onBothDatabases('a role over a thing', (suite) => {
  let database: Database;
  beforeAll(async () => {
    database = suite.current();
    const { queries } = database;
    const grant = (atIndex: number, person: string, role: Role, scope: Scope, from = 100, until?: number) =>
      queries.insert(roleGrants).values({
        atIndex,
        at: atIndex,
        person,
        role,
        scopeKind: scope.kind,
        scopeId: scope.id,
        from,
        until,
        by: 'owner',
      });
    const belongs = (atIndex: number, thing: Scope, to: Scope, from = 100, until?: number) =>
      queries.insert(belongings).values({
        atIndex,
        at: atIndex,
        thingKind: thing.kind,
        thingId: thing.id,
        toKind: to.kind,
        toId: to.id,
        from,
        until,
      });
    await grant(0, 'li-wei', 'farmer', plot, 100, 500);
    await grant(1, 'wang-fang', 'admin', farm);
    await grant(2, 'zhao-lei', 'carrier', truck);
    await grant(3, 'zhao-lei', 'shopkeeper', batch, 200);
    await belongs(4, plot, farm);
    await belongs(5, batch, plot);
    await belongs(6, device, truck, 100, 300);
    await belongs(7, truck, shop);
    await grant(8, 'chen-yu', 'operator', shop);
    await queries.insert(roleEnds).values({ atIndex: 9, at: 9, role: 2, until: 400, by: 'wang-fang' });
    await queries.insert(roleEnds).values({ atIndex: 10, at: 10, role: 2, until: 450, by: 'wang-fang' });
    await belongs(11, truck, shop, 100, 350);
  });

  test.each<[what: string, id: string, action: Action, scope: Scope, at: number, asOf: number, may: boolean]>(
    [
      ['over the thing itself', 'li-wei', 'capture-event', plot, 100, 99, true],
      ['over what the thing comes from', 'li-wei', 'declare-batch', batch, 100, 99, true],
      ['that does not do for this', 'li-wei', 'recall', batch, 100, 99, false],
      ['before it began', 'li-wei', 'capture-event', batch, 99, 99, false],
      ['up to the last moment', 'li-wei', 'capture-event', batch, 499, 99, true],
      ['at its end', 'li-wei', 'capture-event', batch, 500, 99, false],
      ['over something else', 'li-wei', 'capture-event', truck, 200, 99, false],
      ['over more than the thing', 'li-wei', 'capture-event', farm, 200, 99, false],
      ['two steps up', 'wang-fang', 'recall', batch, 200, 99, true],
      ['of nobody', 'nobody', 'capture-event', batch, 200, 99, false],
      ['the other of two', 'zhao-lei', 'sell', batch, 200, 99, true],
      ['and not both at once', 'zhao-lei', 'bind-device', batch, 200, 99, false],
      ['of what the device is in', 'zhao-lei', 'bind-device', device, 299, 99, true],
      ['of what the device was in', 'zhao-lei', 'bind-device', device, 300, 99, false],
      ['until it was ended, the earlier time', 'zhao-lei', 'bind-device', truck, 399, 99, true],
      ['ended', 'zhao-lei', 'bind-device', truck, 400, 99, false],
      ['before the log knew of the end', 'zhao-lei', 'bind-device', truck, 400, 9, true],
      ['as it was known of a truck then', 'chen-yu', 'bind-device', truck, 360, 11, true],
      ['as it is known of a truck now', 'chen-yu', 'bind-device', truck, 360, 12, false],
      ['before the log knew of it at all', 'chen-yu', 'bind-device', truck, 200, 8, false],
    ],
  )('%s', async (_, id, action, scope, at, asOf, may) => {
    expect(await authorize(database.queries, principalOf(id), action, scope, at, asOf)).toBe(may);
  });

  test.each(['owner', 'platform'])('the %s needs none', async (id) => {
    for (const action of actions) {
      expect(await authorize(database.queries, principalOf(id), action, batch, 0)).toBe(true);
    }
  });

  test('any of them is a role', async () => {
    expect(await hasRole(database.queries, 'zhao-lei', device, 200)).toBe(true);
    expect(await hasRole(database.queries, 'zhao-lei', plot, 200)).toBe(false);
  });
});

test('more containers never take a role away, and less time never gives one', () => {
  const scopes = fc.constantFrom(farm, shop, plot, batch, truck, device);
  const held = fc.record({
    index: fc.nat(),
    person: fc.constant('x'),
    role: fc.constantFrom(...roles),
    scope: scopes,
    from: fc.nat({ max: 20 }),
    until: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(held),
      fc.array(scopes),
      scopes,
      fc.nat({ max: 40 }),
      (all, containers, more, at) => {
        const some = rolesWithin(all, containers, at);
        expect(rolesWithin(all, [...containers, more], at)).toEqual(expect.arrayContaining(some));
        const shorter = all.map((one) => ({ ...one, until: Math.min(one.until ?? at, at) }));
        expect(rolesWithin(shorter, containers, at)).toEqual([]);
      },
    ),
  );
});
