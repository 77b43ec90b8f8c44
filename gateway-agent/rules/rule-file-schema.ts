import { type QuantityName, dataDictionary, quantityNames } from '@tianyuan/protocol';
import { z } from 'zod';
import type { QuantityRule, RuleChanges } from './rule-set.ts';

/** What is switched off says so, since leaving it out means what the gateway does by itself. */
const off = z.literal('off', { error: 'a number, or off' });
const orOff = <T extends z.ZodType>(rule: T) => z.union([off, rule], { error: 'a positive number, or off' });
const positive = z.number().positive();

const scalarRuleSchema = z.strictObject({
  range: orOff(
    z.tuple([z.number(), z.number()]).refine(([min, max]) => min < max, 'the first must be the smaller one'),
  ).optional(),
  maxChangePerMinute: orOff(positive).optional(),
  stuckAfterMinutes: orOff(positive).optional(),
});

const gpsRuleSchema = z.strictObject({ maxSpeedKmh: orOff(positive).optional() });

const ruleSchema = z.strictObject({
  quantities: z
    .strictObject(
      Object.fromEntries(
        quantityNames.map((name) => [name, (name === 'gps' ? gpsRuleSchema : scalarRuleSchema).optional()]),
      ) as Record<QuantityName, z.ZodOptional<typeof scalarRuleSchema | typeof gpsRuleSchema>>,
    )
    .optional(),
  maxAheadMinutes: orOff(positive).optional(),
  maxAgeMinutes: orOff(positive).optional(),
  expectedIntervalSeconds: orOff(positive).optional(),
});

type WrittenRules = z.infer<typeof ruleSchema>;

/** Bounds the work at each device's first message. */
const maxPatterns = 10_000;
const patternSchema = z
  .string()
  .regex(/^[a-z0-9._-]{0,63}\*$|^[a-z0-9._-]{1,64}$/, 'a device id, or the beginning of ids and a star');

/** The rule file as people write it: units of the data dictionary for people, not the scaled ones. */
export const ruleFileSchema = ruleSchema.extend({
  version: z.literal(1, { error: 'version: 1 is the only one' }),
  devices: z
    .record(patternSchema, ruleSchema)
    .refine((devices) => Object.keys(devices).length <= maxPatterns, `at most ${maxPatterns} devices`)
    .optional(),
});

export function toRuleChanges(written: WrittenRules): RuleChanges {
  const times = {
    maxAheadMs: scaled(written.maxAheadMinutes, 60_000),
    maxAgeMs: scaled(written.maxAgeMinutes, 60_000),
    expectedIntervalMs: scaled(written.expectedIntervalSeconds, 1000),
  };
  const quantities = Object.entries(written.quantities ?? {}).map(
    ([name, rule]): [string, Partial<QuantityRule>] => [
      name,
      toQuantityRule(name as QuantityName, rule ?? {}),
    ],
  );
  return { ...withoutUndefined(times), quantities: Object.fromEntries(quantities) };
}

/** 1e-7 degree of a great circle: 40,030 km are 360 degrees. */
const kmPerDegree = 40_030 / 360;

type WrittenQuantity = z.infer<typeof scalarRuleSchema> & z.infer<typeof gpsRuleSchema>;

function toQuantityRule(
  name: QuantityName,
  { range, maxChangePerMinute, stuckAfterMinutes, maxSpeedKmh }: WrittenQuantity,
): Partial<QuantityRule> {
  const { scale } = dataDictionary[name];
  return withoutUndefined({
    range:
      range === 'off'
        ? ([-Infinity, Infinity] as const)
        : range && ([Math.round(range[0] * scale), Math.round(range[1] * scale)] as const),
    maxChangePerMinute:
      scaled(maxChangePerMinute, scale) ?? scaled(maxSpeedKmh, dataDictionary.gps.scale / kmPerDegree / 60),
    stuckAfterMs: scaled(stuckAfterMinutes, 60_000),
  });
}

function scaled(value: number | 'off' | undefined, factor: number): number | undefined {
  return value === 'off' ? Infinity : value === undefined ? undefined : value * factor;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
