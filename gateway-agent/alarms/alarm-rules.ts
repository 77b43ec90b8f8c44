import { deviceIdSchema } from '@tianyuan/protocol';
import { z } from 'zod';

const ms = z.int().min(0);
const milliC = z.int().min(-80_000).max(85_000);

/** What a cold room or truck must keep. Temperatures in m°C, as sensors send them. */
export const coldChainRuleSchema = z
  .strictObject({
    /** names the rule in alarms and in the log */
    name: z
      .string()
      .regex(/^[a-z0-9._-]{1,64}$/, 'lower-case letters, digits, dot, dash, underscore; at most 64'),
    /** the devices that it is for; all that measure temperature where none is named */
    devices: z.array(deviceIdSchema).min(1).max(1000).optional(),
    /** the one sensor of these devices that it is for */
    sensor: z.string().optional(),
    maxMilliC: milliC.optional(),
    minMilliC: milliC.optional(),
    /** how long it may be outside: doors are opened */
    forMs: ms.default(10 * 60_000),
    /** how long it must be inside again, by the hysteresis, before the alarm is cleared */
    clearAfterMs: ms.default(10 * 60_000),
    hysteresisMilliC: z.int().min(0).max(10_000).default(500),
    /** the mean kinetic temperature over the last `mktWindowMs` */
    mktMaxMilliC: milliC.optional(),
    mktWindowMs: z
      .int()
      .min(60 * 60_000)
      .max(366 * 86_400_000)
      .default(86_400_000),
  })
  .refine(
    ({ maxMilliC, minMilliC, mktMaxMilliC }) => (maxMilliC ?? minMilliC ?? mktMaxMilliC) !== undefined,
    'a cold chain rule has maxMilliC, minMilliC or mktMaxMilliC',
  )
  .refine(
    ({ maxMilliC = Infinity, minMilliC = -Infinity }) => minMilliC <= maxMilliC,
    'minMilliC is above maxMilliC',
  );

export type ColdChainRule = z.infer<typeof coldChainRuleSchema>;

/** When the gateway raises an alarm, `alarms` in the configuration. */
export const alarmRulesSchema = z.strictObject({
  coldChain: z
    .array(coldChainRuleSchema)
    .max(100)
    .default([])
    .refine(
      (rules) => new Set(rules.map(({ name }) => name)).size === rules.length,
      'two rules have one name',
    ),
  /** an enrolled device that says nothing for so long, counted from the gateway's start at the earliest */
  deviceSilentAfterMs: ms.default(60 * 60_000),
  /** used of the disk that the store is on; cleared 50 below */
  diskUsedPermille: z.int().min(100).max(1000).default(850),
  /** how far wall clock and monotonic clock may part between two looks */
  clockJumpMs: z.int().min(100).default(5_000),
  clockUnsynchronisedAfterMs: ms.default(60 * 60_000),
  linkDownAfterMs: ms.default(60 * 60_000),
  /** refused messages within an hour */
  quarantinePerHour: z.int().min(1).default(100),
  /** what the anchoring account should have; 0 on chains that charge nothing */
  accountMinWei: z
    .string()
    .regex(/^\d{1,30}$/, 'whole wei, as digits')
    .default('0'),
  /** where alarms are posted, signed with the secret in the file (32 bytes in base64, `whsec_` before it or not) */
  webhook: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, error: 'not an http or https URL' }),
      secretFile: z.string().min(1),
    })
    .optional(),
});

export type AlarmRules = z.infer<typeof alarmRulesSchema>;
