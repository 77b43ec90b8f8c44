import { type Holding, type ContainmentFact, holdingsOf } from './holdings.ts';
import { type Interval, intersect, merge } from './interval.ts';
import { type Presence, reach } from './reach.ts';
import { deviceOf } from './carrier.ts';

/** That a device measures a carrier, as somebody with a say over both has signed. Times in Unix ms. */
export type BindingFact = {
  atIndex: number;
  device: string;
  /** the URI of a batch, box, truck or room */
  carrier: string;
  from: number;
  /** null where no end was said */
  until: number | null;
};

/** While a device measured what a batch was in: the things between them from the batch on, the device's carrier last. */
export type Exposure = { device: string; from: number; until: number | null; path: readonly string[] };

const always = { from: 0, until: Infinity };

/**
 * Which devices measured a batch, when, and through what. Pure.
 * @param names the URIs by which bindings and events know the batch
 */
export function exposures(
  names: readonly string[],
  bindings: readonly BindingFact[],
  containments: readonly ContainmentFact[],
): Exposure[] {
  const holdings = holdingsOf(containments);
  const starts = names.map((thing) => ({ ...always, thing, path: [thing] }));
  const edges = holdings.map((one) => ({ ...one, start: one.child, end: one.parent }));
  const places = Map.groupBy(reach(starts, edges), ({ thing }) => thing);
  return measurements(bindings, holdings)
    .flatMap((one) =>
      (places.get(one.carrier) ?? []).flatMap((place): Exposure[] => {
        const both = intersect(one, place);
        if (both === undefined) return [];
        const until = both.until === Infinity ? null : both.until;
        return [{ device: one.device, from: both.from, until, path: place.path }];
      }),
    )
    .toSorted((a, b) => a.from - b.from || (a.device < b.device ? -1 : 1));
}

/** The other way round: everything that a device measured, its carriers and what was in them. */
export function measuredBy(
  device: string,
  bindings: readonly BindingFact[],
  containments: readonly ContainmentFact[],
): Presence[] {
  const holdings = holdingsOf(containments);
  const starts = measurements(bindings, holdings)
    .filter((one) => one.device === device)
    .map(({ from, until, carrier }) => ({ from, until, thing: carrier, path: [carrier] }));
  return reach(
    starts,
    holdings.map((one) => ({ ...one, start: one.parent, end: one.child })),
  );
}

/** By device, when its readings are the batch's, in the fewest intervals; an end that nobody knows is Infinity. */
export function spansOf(those: readonly Exposure[]): Map<string, Interval[]> {
  const byDevice = Map.groupBy(those, ({ device }) => device);
  return new Map(
    [...byDevice].map(([device, alike]) => [
      device,
      merge(alike.map(({ from, until }) => ({ from, until: until ?? Infinity }))),
    ]),
  );
}

type Measurement = Interval & { device: string; carrier: string };

/** Bindings as they stand, and devices that an association event put somewhere. */
function measurements(bindings: readonly BindingFact[], holdings: readonly Holding[]): Measurement[] {
  const bound = standing(bindings).map(({ device, carrier, from, until }) => ({
    device,
    carrier,
    from,
    until: until ?? Infinity,
  }));
  const associated = holdings.flatMap(({ child, parent, from, until }) => {
    const device = deviceOf(child);
    return device === undefined ? [] : [{ device, carrier: parent, from, until }];
  });
  return [...bound, ...associated];
}

/** A later binding with the same device, carrier and begin takes an earlier one's place. */
function standing(bindings: readonly BindingFact[]): BindingFact[] {
  const last = new Map<string, BindingFact>();
  for (const binding of bindings.toSorted((a, b) => a.atIndex - b.atIndex)) {
    last.set(JSON.stringify([binding.device, binding.carrier, binding.from]), binding);
  }
  return [...last.values()];
}
