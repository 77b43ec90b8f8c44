import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BindingFact, exposures, measuredBy, spansOf } from './exposures.ts';
import type { ContainmentFact } from './holdings.ts';

const batch = 'urn:tianyuan:batch:oranges';
const box = 'urn:tianyuan:box:b1';
const truck = 'urn:tianyuan:truck:t1';

let atIndex = 0;
const bind = (device: string, carrier: string, from: number, until: number | null = null): BindingFact => ({
  atIndex: atIndex++,
  device,
  carrier,
  from,
  until,
});
const contain = (
  action: 'ADD' | 'DELETE',
  child: string,
  parent: string,
  eventTime: number,
  quantity: number | null = null,
): ContainmentFact => ({ atIndex: atIndex++, action, child, parent, eventTime, quantity });

describe('a batch is measured', () => {
  test('by a device that is bound to it', () => {
    expect(exposures([batch], [bind('d1', batch, 10, 20)], [])).toEqual([
      { device: 'd1', from: 10, until: 20, path: [batch] },
    ]);
  });

  test("by the truck's device while its box is in the truck", () => {
    const events = [
      contain('ADD', batch, box, 5),
      contain('ADD', box, truck, 10),
      contain('DELETE', box, truck, 30),
    ];
    expect(exposures([batch], [bind('d1', truck, 0)], events)).toEqual([
      { device: 'd1', from: 10, until: 30, path: [batch, box, truck] },
    ]);
  });

  test('by one device and then by another, where they were swapped on the way', () => {
    const bindings = [bind('d1', truck, 0), bind('d1', truck, 0, 15), bind('d2', truck, 15)];
    const events = [contain('ADD', batch, truck, 10), contain('DELETE', batch, truck, 30)];
    expect(exposures([batch], bindings, events)).toEqual([
      { device: 'd1', from: 10, until: 15, path: [batch, truck] },
      { device: 'd2', from: 15, until: 30, path: [batch, truck] },
    ]);
  });

  test('while any of its lot is in the truck', () => {
    const events = [
      contain('ADD', batch, truck, 10, 100),
      contain('DELETE', batch, truck, 20, 40),
      contain('DELETE', batch, truck, 30, 60),
    ];
    expect(exposures([batch], [bind('d1', truck, 0)], events)).toMatchObject([{ from: 10, until: 30 }]);
  });

  test('by a device that an association event put on a truck', () => {
    const events = [contain('ADD', 'urn:tianyuan:device:d9', truck, 0), contain('ADD', batch, truck, 10)];
    expect(exposures([batch], [], events)).toMatchObject([{ device: 'd9', from: 10, until: null }]);
  });

  test('through a cycle that nonsense closed, once', () => {
    const events = [
      contain('ADD', batch, box, 0),
      contain('ADD', box, truck, 0),
      contain('ADD', truck, box, 0),
      contain('ADD', truck, batch, 0),
    ];
    expect(exposures([batch], [bind('d1', truck, 0), bind('d2', batch, 3)], events)).toHaveLength(2);
  });

  test('in a lattice that has a million ways through it', () => {
    const layers = Array.from({ length: 21 }, (_, i) => [`l${i}`, `r${i}`]);
    const events = layers.flatMap((layer, i) =>
      i === 0
        ? layer.map((thing) => contain('ADD', batch, thing, 0))
        : layers[i - 1]!.flatMap((child) => layer.map((parent) => contain('ADD', child, parent, i))),
    );
    const found = exposures([batch], [bind('d1', 'r20', 0)], events);
    expect(found).toMatchObject([{ from: 20, until: null }]);
    expect(found[0]!.path).toHaveLength(22);
  });
});

const minutes = 40;
const things = fc.integer({ min: 0, max: 5 }).map((n) => (n === 0 ? batch : `thing-${n}`));
const minute = fc.integer({ min: 0, max: minutes });

const containmentFacts = fc
  .array(
    fc.tuple(fc.constantFrom('ADD' as const, 'ADD' as const, 'DELETE' as const), things, things, minute),
    {
      maxLength: 25,
    },
  )
  .map((events) => events.map(([action, child, parent, time]) => contain(action, child, parent, time)));

const bindingFacts = fc
  .array(fc.tuple(fc.constantFrom('d1', 'd2'), things, minute, fc.option(fc.integer({ min: 1, max: 20 }))), {
    maxLength: 6,
  })
  .map((those) =>
    those.map(([device, carrier, from, length]) =>
      bind(device, carrier, from, length === null ? null : from + length),
    ),
  );

const covers = (time: number) => (one: { from: number; until: number | null }) =>
  one.from <= time && time < (one.until ?? Infinity);

describe('against a look at every minute', () => {
  test('the same devices, by ways that were there, and the same from the device', () => {
    fc.assert(
      fc.property(bindingFacts, containmentFacts, (bindings, events) => {
        const found = exposures([batch], bindings, events);
        const spans = spansOf(found);
        for (let time = 0; time <= minutes + 1; time++) {
          const here = found.filter(covers(time));
          const expected = naiveDevices(bindings, events, time);
          expect(new Set(here.map(({ device }) => device))).toEqual(expected);
          for (const { device, path } of here) {
            expect(isWay(path, device, bindings, events, time)).toBe(true);
          }
          for (const device of ['d1', 'd2']) {
            expect(spans.get(device)?.filter(covers(time)).length ?? 0).toBe(expected.has(device) ? 1 : 0);
            const carried = measuredBy(device, bindings, events).filter(covers(time));
            expect(carried.some(({ thing }) => thing === batch)).toBe(expected.has(device));
          }
        }
      }),
    );
  });
});

function isIn(events: readonly ContainmentFact[], child: string, parent: string, time: number): boolean {
  const last = events
    .filter((one) => one.child === child && one.parent === parent && one.eventTime <= time)
    .toSorted((a, b) => a.eventTime - b.eventTime || a.atIndex - b.atIndex)
    .at(-1);
  return last?.action === 'ADD';
}

function isBound(bindings: readonly BindingFact[], device: string, carrier: string, time: number): boolean {
  const alike = bindings.filter((one) => one.device === device && one.carrier === carrier);
  return alike.some((one) => {
    const last = alike.findLast(({ from }) => from === one.from)!;
    return last.from <= time && time < (last.until ?? Infinity);
  });
}

function naiveDevices(bindings: BindingFact[], events: ContainmentFact[], time: number): Set<string> {
  const around = new Set([batch]);
  for (const thing of around) {
    for (const { child, parent } of events)
      if (child === thing && isIn(events, child, parent, time)) around.add(parent);
  }
  return new Set(
    bindings
      .filter(({ device, carrier }) => around.has(carrier) && isBound(bindings, device, carrier, time))
      .map(({ device }) => device),
  );
}

function isWay(
  path: readonly string[],
  device: string,
  bindings: BindingFact[],
  events: ContainmentFact[],
  time: number,
): boolean {
  return (
    path[0] === batch &&
    path.every((thing, i) => i === 0 || isIn(events, path[i - 1]!, thing, time)) &&
    isBound(bindings, device, path.at(-1)!, time)
  );
}
