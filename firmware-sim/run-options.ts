import { deviceIdSchema, maxReadings } from '@tianyuan/protocol';
import { z } from 'zod';
import { deviceProfileSchema } from './device-profile.ts';
import { faultNames } from './faults/fault.ts';

const brokers = /^(mqtts?|tcp|ssl|wss?):$/;

/** `orchard,soil` style lists as the command line has them; `all` for all. */
const faultList = z.preprocess(
  (value) => {
    if (typeof value !== 'string') return value;
    return value === 'all' ? [...faultNames] : value.split(',').filter((name) => name !== '');
  },
  z.array(z.enum(faultNames)),
);

/** Everything that a run needs to know; numbers may come as text. */
export const runOptionsSchema = z.object({
  broker: z
    .url()
    .refine((url) => brokers.test(URL.parse(url)?.protocol ?? ''), 'use mqtt://, mqtts://, ws:// or wss://'),
  /** a topic segment like a device's id, and under the same rule */
  gateway: deviceIdSchema,
  state: z.string().min(1),
  // Each is a TCP connection of its own.
  devices: z.coerce.number().int().min(1).max(1000),
  profile: deviceProfileSchema,
  /** messages a second and device */
  rate: z.coerce.number().positive().max(1000),
  /** good messages to have acknowledged before the run ends */
  messages: z.coerce.number().int().min(1).optional(),
  batch: z.string().min(1).max(64).optional(),
  readings: z.coerce.number().int().min(1).max(maxReadings).optional(),
  faults: faultList,
  faultRate: z.coerce.number().min(0).max(1),
  seed: z.string().min(1),
  speed: z.coerce.number().positive().max(100_000),
  /** Unix ms where the devices' clocks start */
  start: z.number().int().min(0).optional(),
  /** messages that a device keeps while its link is down */
  store: z.coerce.number().int().min(1).max(1_000_000),
  summary: z.string().min(1).optional(),
});

export type RunOptions = z.infer<typeof runOptionsSchema>;
