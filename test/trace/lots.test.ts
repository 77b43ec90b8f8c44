import type { Database } from '@tianyuan/platform';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { onBothDatabases } from './databases.ts';
import { batches } from '@tianyuan/trace-api/database/schema.ts';
import { now } from '@tianyuan/trace-api/records/as-of.ts';
import {
  box,
  destroy,
  farm,
  harvest,
  lot,
  make,
  pack,
  shop,
  ship,
} from '@tianyuan/trace-api/genealogy/fixture/events.ts';
import { projectedLog } from '@tianyuan/trace-api/genealogy/fixture/projected-log.ts';
import { stockOf } from '@tianyuan/trace-api/genealogy/lot-state.ts';
import { readContents } from '@tianyuan/trace-api/genealogy/read-contents.ts';
import { readLineage } from '@tianyuan/trace-api/genealogy/read-lineage.ts';
import { readLotStates } from '@tianyuan/trace-api/genealogy/read-lot-states.ts';

onBothDatabases('lots', (suite) => {
  let database: Database;
  let log: ReturnType<typeof projectedLog>;

  beforeAll(() => {
    database = suite.current();
    log = projectedLog(database);
  });
  beforeEach(async () => {
    await log.clear();
    await database.queries.delete(batches);
  });

  const stock = async (name: string) => {
    const state = (await readLotStates(database.queries, [lot(name)], now)).get(lot(name));
    return state === undefined ? undefined : stockOf(state);
  };
  const lineage = async (name: string, direction: 'ancestors' | 'descendants', asOf = now) =>
    (await readLineage(database.queries, [lot(name)], direction, asOf)).toSorted();

  const batch = (batchId: string, more: object = {}) => ({
    batchId,
    gtin: '06901234567892',
    lot: batchId,
    product: { zh: '脐橙', en: 'navel oranges' },
    origin: { zh: '安远', en: 'Anyuan' },
    limits: [],
    devices: [],
    published: true,
    ...more,
  });

  const sale = (name: string, quantity: number, orderNo = 'O-1') => ({
    orderNo,
    batchId: name,
    lot: lot(name),
    quantity,
    uom: 'GRM',
  });

  describe('a lot', () => {
    test('is what was harvested, less what was used, lost and sold', async () => {
      await database.queries.insert(batches).values(batch('A'));
      expect(await log.take(harvest({ A: 1_000 }))).toBeUndefined();
      expect(await log.take(harvest({ A: 500 }))).toBeUndefined();
      expect(await log.take(make({ A: 400 }, { G: 380 }, 20))).toBeUndefined();
      expect(await log.take(destroy({ A: 100 }))).toBeUndefined();
      expect(await log.take(sale('A', 700), 'sale')).toBeUndefined();
      expect(await log.take(sale('A', 200), 'sale-return')).toBeUndefined();
      expect(await stock('A')).toBe(500);
      expect(await stock('G')).toBe(380);
    });

    test.each<[string, string, unknown]>([
      ['of nobody is used', 'UNKNOWN_LOT', make({ Z: 1 }, { G: 1 }, 0)],
      ['of nobody is shipped', 'UNKNOWN_LOT', ship({ lots: { Z: 1 } }, farm, shop)],
      ['is used beyond its stock', 'OVER_USE', make({ A: 1_001 }, { G: 1_001 }, 0)],
      ['loses more than there is', 'OVER_USE', destroy({ A: 1_001 })],
      ['is packed beyond its stock', 'OVER_USE', pack('ADD', box('B'), { lots: { A: 1_001 } })],
      ['is shipped beyond what there ever was', 'OVER_USE', ship({ lots: { A: 1_001 } }, farm, shop)],
      ['becomes more than it was', 'OVER_OUTPUT', make({ A: 100 }, { G: 101 }, 0)],
      ['becomes more than it was, with its loss', 'OVER_OUTPUT', make({ A: 100 }, { G: 99 }, 2)],
      ['vanishes', 'UNDECLARED_LOSS', make({ A: 100 }, { G: 90 }, 9)],
      [
        'changes its unit',
        'UNIT_MISMATCH',
        harvest({}, { quantityList: [{ epcClass: lot('A'), quantity: 1 }] }),
      ],
      ['comes out of a box that it is not in', 'NOT_CONTAINED', pack('DELETE', box('B'), { lots: { A: 1 } })],
      ['is not an event', 'MALFORMED_EVENT', {}],
    ])('that %s is refused', async (_, code, event) => {
      await log.take(harvest({ A: 1_000 }));
      expect(await log.take(event)).toBe(code);
    });

    test('does not exceed what its batch declares, nor do its sales', async () => {
      await database.queries
        .insert(batches)
        .values(batch('A', { totalQty: { quantity: 1_000, uom: 'GRM' } }));
      expect(await log.take(sale('A', 600), 'sale')).toBeUndefined();
      expect(await log.take(harvest({ A: 1_001 }))).toBe('OVER_OUTPUT');
      expect(await log.take(harvest({ A: 500 }))).toBe('OVER_USE');
      expect(await log.take(harvest({ A: 1_000 }))).toBeUndefined();
      expect(await log.take(sale('A', 401), 'sale')).toBe('OVERSOLD');
      expect(await log.take(sale('A', 601), 'sale-return')).toBe('OVERSOLD');
      expect(await log.take(sale('A', 1, 'O-2'), 'sale-return')).toBe('OVERSOLD');
      expect(await log.take({ ...sale('A', 1), uom: 'H87' }, 'sale')).toBe('UNIT_MISMATCH');
      expect(await log.take({ ...sale('A', 1), batchId: 'Z' }, 'sale')).toBe('UNKNOWN_BATCH');
    });

    test('in pieces balances in grams by what a piece weighs, and keeps that weight', async () => {
      await log.take(harvest({ A: 10_000 }));
      const bags = (quantity: number, more: object) =>
        make({ A: quantity * 2_500 }, {}, 0, {
          outputQuantityList: [{ epcClass: lot('P'), quantity, uom: 'H87' }],
          ...more,
        });
      expect(await log.take(bags(2, {}))).toBe('UNIT_MISMATCH');
      const mass = (grams: number) => ({ 'tianyuan:pieceMass': [{ epcClass: lot('P'), grams }] });
      expect(await log.take(bags(2, mass(2_501)))).toBe('OVER_OUTPUT');
      expect(await log.take(bags(2, mass(2_500)))).toBeUndefined();
      expect(await log.take(bags(1, mass(2_499)))).toBe('UNIT_MISMATCH');
      expect(await log.take(bags(1, {}))).toBeUndefined();
      expect(await stock('P')).toBe(3);
    });
  });

  describe('a genealogy', () => {
    test('goes through mixes and splits both ways, and back to a date', async () => {
      await log.take(harvest({ A: 1_000, B: 1_000 }));
      await log.take(make({ A: 500, B: 500 }, { M: 1_000 }, 0));
      const before = log.nextIndex();
      await log.take(make({ M: 800 }, { S: 300, T: 400 }, 100));
      expect(await lineage('T', 'ancestors')).toEqual(['A', 'B', 'M', 'T'].map(lot));
      expect(await lineage('A', 'descendants')).toEqual(['A', 'M', 'S', 'T'].map(lot));
      expect(await lineage('A', 'descendants', before)).toEqual(['A', 'M'].map(lot));
    });

    test('refuses a lot that would be its own ancestor', async () => {
      await log.take(harvest({ A: 1_000 }));
      await log.take(make({ A: 500 }, { B: 500 }, 0));
      await log.take(make({ B: 500 }, { C: 500 }, 0));
      expect(await log.take(make({ C: 100 }, { A: 100 }, 0))).toBe('GENEALOGY_CYCLE');
    });

    const names = ['A', 'B', 'C', 'D', 'E'] as const;
    const some = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 });
    const aHarvest = fc.record({
      kind: fc.constant('harvest' as const),
      outs: some,
      grams: fc.integer({ min: 1, max: 40 }),
    });
    const aMake = fc.record({
      kind: fc.constant('make' as const),
      ins: some,
      outs: some,
      // of each lot that goes in: mostly what there is for sure, at times all of it or a little more
      input: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 2, max: 6 }) },
        { weight: 1, arbitrary: fc.constantFrom('all' as const, 'more' as const) },
      ),
      lost: fc.nat({ max: 2 }),
      // what the first output has too much
      off: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(-1, 1) },
      ),
    });
    const anEvent = fc.oneof({ weight: 1, arbitrary: aHarvest }, { weight: 4, arbitrary: aMake });

    test('is acyclic, conserves mass and never lends, whatever is captured in whatever order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anEvent, { minLength: 4, maxLength: 14 }), async (events) => {
          await log.clear();
          const model = new Naive();
          const harvested = (outs: readonly string[], grams: number) =>
            harvest(Object.fromEntries(outs.map((name) => [name, grams])));
          await log.take(harvested(names, 20));
          model.harvest(names, 20);
          for (const event of events) {
            if (event.kind === 'harvest') {
              expect(await log.take(harvested(event.outs, event.grams))).toBeUndefined();
              model.harvest(event.outs, event.grams);
              continue;
            }
            const { ins, outs, lost } = event;
            const inputs = new Map(ins.map((name) => [name, model.amountOf(name, event.input)]));
            const outputs = shareOut(outs, sum(inputs.values()) - lost, event.off);
            const verdict = model.judge(inputs, outputs, lost);
            const refused = await log.take(
              make(Object.fromEntries(inputs), Object.fromEntries(outputs), lost),
            );
            expect(refused === undefined, `${refused} against ${verdict}`).toBe(verdict === 'taken');
            if (verdict === 'taken') model.make(inputs, outputs);
          }
          for (const name of names) {
            expect((await stock(name)) ?? 0).toBe(model.stock.get(name) ?? 0);
            expect(model.stock.get(name) ?? 0).toBeGreaterThanOrEqual(0);
            const ancestors = (await lineage(name, 'ancestors')).filter((one) => one !== lot(name));
            expect(ancestors).toEqual([...model.ancestors(name)].map(lot).toSorted());
            expect(model.ancestors(name)).not.toContain(name);
          }
        }),
        { numRuns: 30 },
      );
    });
  });

  const sum = (quantities: Iterable<number>): number => [...quantities].reduce((all, one) => all + one, 0);

  /** At least a gram for each, and the rest for the first, which gets `off` too much. */
  function shareOut(outs: readonly string[], total: number, off: number): Map<string, number> {
    const [first, ...others] = outs;
    const rest = Math.max(1, total - others.length + off);
    return new Map([[first!, rest], ...others.map((name): [string, number] => [name, 1])]);
  }

  /** The same rules over plain maps, one lot at a time. */
  class Naive {
    readonly stock = new Map<string, number>();
    readonly #madeOf = new Map<string, Set<string>>();

    harvest(outs: readonly string[], grams: number): void {
      for (const name of outs) this.stock.set(name, (this.stock.get(name) ?? 0) + grams);
    }

    amountOf(name: string, input: number | 'all' | 'more'): number {
      if (typeof input === 'number') return input;
      return Math.max(1, (this.stock.get(name) ?? 0) + (input === 'all' ? 0 : 1));
    }

    judge(inputs: ReadonlyMap<string, number>, outputs: ReadonlyMap<string, number>, lost: number): string {
      if ([...outputs.keys()].some((name) => inputs.has(name))) return 'itself';
      if ([...inputs].some(([name, grams]) => (this.stock.get(name) ?? 0) < grams)) return 'too little';
      if (sum(inputs.values()) !== sum(outputs.values()) + lost) return 'unbalanced';
      const above = new Set([...inputs.keys()].flatMap((name) => [name, ...this.ancestors(name)]));
      return [...outputs.keys()].some((name) => above.has(name)) ? 'cycle' : 'taken';
    }

    make(inputs: ReadonlyMap<string, number>, outputs: ReadonlyMap<string, number>): void {
      for (const [name, grams] of inputs) this.stock.set(name, this.stock.get(name)! - grams);
      for (const [name, grams] of outputs) {
        this.stock.set(name, (this.stock.get(name) ?? 0) + grams);
        this.#madeOf.set(name, new Set([...(this.#madeOf.get(name) ?? []), ...inputs.keys()]));
      }
    }

    ancestors(name: string, found = new Set<string>()): Set<string> {
      for (const one of this.#madeOf.get(name) ?? []) {
        if (found.has(one)) continue;
        found.add(one);
        this.ancestors(one, found);
      }
      return found;
    }
  }

  describe('what is in what', () => {
    const inside = async (thing: string, asOf = now) =>
      Object.fromEntries(
        [...(await readContents(database.queries, [thing], asOf))].map(([uri, { quantity }]) => [
          uri,
          quantity,
        ]),
      );
    const truck = 'urn:tianyuan:truck:7';

    test('reaches through boxes into lots, and ends when they come out', async () => {
      await log.take(harvest({ A: 1_000, B: 1_000 }));
      await log.take(pack('ADD', box('1'), { lots: { A: 300 } }));
      await log.take(pack('ADD', box('2'), { lots: { A: 100, B: 200 } }));
      await log.take(pack('ADD', truck, { things: [box('1'), box('2')] }));
      const loaded = log.nextIndex();
      expect(await inside(truck)).toEqual({ [lot('A')]: 400, [lot('B')]: 200 });
      expect(await log.take(pack('ADD', box('1'), { things: [truck] }))).toBe('NOT_CONTAINED');
      expect(await log.take(pack('DELETE', box('1'), { lots: { A: 301 } }))).toBe('NOT_CONTAINED');
      expect(await log.take(pack('DELETE', box('1'), { lots: { A: 50 } }))).toBeUndefined();
      expect(await inside(truck)).toEqual({ [lot('A')]: 350, [lot('B')]: 200 });
      expect(await log.take(pack('DELETE', truck, { things: [box('2')] }))).toBeUndefined();
      expect(await inside(truck)).toEqual({ [lot('A')]: 250 });
      expect(await log.take(pack('DELETE', truck, {}))).toBeUndefined();
      expect(await inside(truck)).toEqual({});
      expect(await inside(truck, loaded)).toEqual({ [lot('A')]: 400, [lot('B')]: 200 });
    });
  });

  describe('sales', () => {
    test('never exceed what there is, however orders and returns come', async () => {
      const step = fc.record({
        name: fc.constantFrom('sale', 'sale-return', 'harvest'),
        order: fc.constantFrom('O-1', 'O-2'),
        // some, or what just fits, or a little more or less
        amount: fc.oneof(
          fc.integer({ min: 1, max: 40 }).map((some) => ({ some })),
          fc.constantFrom(-1, 0, 1).map((rest) => ({ rest })),
        ),
      });
      await database.queries.insert(batches).values(batch('A', { totalQty: { quantity: 100, uom: 'GRM' } }));
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
          await log.clear();
          const orders = new Map([
            ['O-1', 0],
            ['O-2', 0],
          ]);
          let produced = 0;
          const sold = () => sum(orders.values());
          for (const { name, order, amount } of steps) {
            const supply = produced === 0 ? 100 : produced;
            const fitting = {
              sale: supply - sold(),
              'sale-return': orders.get(order)!,
              harvest: 100 - produced,
            }[name];
            const quantity = 'some' in amount ? amount.some : Math.max(1, fitting + amount.rest);
            if (name === 'harvest') {
              const fits = produced + quantity <= 100 && produced + quantity >= sold();
              expect((await log.take(harvest({ A: quantity }))) === undefined).toBe(fits);
              if (fits) produced += quantity;
              continue;
            }
            const change = name === 'sale' ? quantity : -quantity;
            const fits = name === 'sale' ? sold() + quantity <= supply : quantity <= orders.get(order)!;
            expect((await log.take(sale('A', quantity, order), name)) === undefined).toBe(fits);
            if (fits) orders.set(order, orders.get(order)! + change);
            expect(sold()).toBeLessThanOrEqual(100);
          }
          expect(await stock('A')).toBe((produced === 0 ? 100 : produced) - sold());
        }),
        { numRuns: 25 },
      );
    });
  });
});
