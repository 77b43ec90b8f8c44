import { type QuantityName, dataDictionary, quantityNames } from '@tianyuan/protocol';

/** When a reading of one quantity is odd. Values in the data dictionary's scaled unit; Infinity where nothing is odd. */
export type QuantityRule = {
  /** both ends can be; a position's limits are the earth's and cannot be set */
  range: readonly [min: number, max: number];
  maxChangePerMinute: number;
  stuckAfterMs: number;
};

/** Everything that is judged about one device. */
export type DeviceRules = {
  quantities: Record<QuantityName, QuantityRule>;
  /** the device's clock may be this much ahead of the gateway's */
  maxAheadMs: number;
  /** a message may be this old when it comes; what was stored offline is old for good reasons */
  maxAgeMs: number;
  /** between two messages */
  expectedIntervalMs: number;
};

/** What a rule file changes of {@link DeviceRules}, for every device or for some. */
export type RuleChanges = {
  quantities: Partial<Record<QuantityName, Partial<QuantityRule>>>;
} & Partial<Omit<DeviceRules, 'quantities'>>;

export type RuleSet = {
  /** SHA-256 of the rule file in hex; undefined for the built-in rules alone */
  digest: string | undefined;
  general: RuleChanges;
  /** by device id, or by the beginning of ids and a star */
  devices: ReadonlyMap<string, RuleChanges>;
};

const hourMs = 3_600_000;

/**
 * Quantities that move all the time where things grow or are cooled: a working sensor that resolves a thousandth does not
 * say the same for a day. A door, a battery, a pH and the light at night may.
 */
const neverStill: ReadonlySet<QuantityName> = new Set(['temperature', 'humidity', 'co2']);

export const builtInRules: DeviceRules = {
  quantities: Object.fromEntries(
    quantityNames.map((name): [QuantityName, QuantityRule] => {
      const { range, maxChangePerMinute } = dataDictionary[name];
      return [
        name,
        { range, maxChangePerMinute, stuckAfterMs: neverStill.has(name) ? 24 * hourMs : Infinity },
      ];
    }),
  ) as Record<QuantityName, QuantityRule>,
  maxAheadMs: 5 * 60_000,
  maxAgeMs: Infinity,
  expectedIntervalMs: Infinity,
};

export const builtInRuleSet: RuleSet = { digest: undefined, general: { quantities: {} }, devices: new Map() };

/** The rules of one device: built in, then general, then the shortest pattern that fits up to its own name. Pure. */
export function rulesOf({ general, devices }: RuleSet, device: string): DeviceRules {
  const fitting = [...devices]
    .filter(([pattern]) => fits(pattern, device))
    .toSorted(([a], [b]) => specificity(a) - specificity(b))
    .map(([, changes]) => changes);
  return [general, ...fitting].reduce(applyChanges, builtInRules);
}

function fits(pattern: string, device: string): boolean {
  return pattern.endsWith('*') ? device.startsWith(pattern.slice(0, -1)) : device === pattern;
}

/** An id in full wins over every pattern. */
function specificity(pattern: string): number {
  return pattern.endsWith('*') ? pattern.length : Infinity;
}

function applyChanges(rules: DeviceRules, { quantities, ...rest }: RuleChanges): DeviceRules {
  const changed = Object.entries(quantities).map(([name, changes]): [string, QuantityRule] => [
    name,
    { ...rules.quantities[name as QuantityName], ...changes },
  ]);
  return { ...rules, ...rest, quantities: { ...rules.quantities, ...Object.fromEntries(changed) } };
}
